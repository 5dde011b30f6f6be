/* oxlint-disable vitest/no-standalone-expect -- called by the cases of the contract */
import type { Hint, HintBatch, HintSource, NoHintReason, SecretSyncError } from '@ack-secret-manager/core'
import { expect } from 'vitest'
import { expectFailure } from '../expect-failure.ts'
import { expectRedacted } from '../redaction.ts'
import type { HintSourceHarness, HintSourceOpening, SentMessage } from './hint-source-harness.ts'

const never = new AbortController().signal

/** A transport may deliver messages in several batches, and an empty one in between. */
const MAX_BATCHES = 40

/** Context of one case. Collects all results and errors, which must contain no secret material. */
export class HintSourceCaseContext {
  readonly harness: HintSourceHarness
  readonly #opened: HintSource[] = []
  readonly #results: unknown[] = []

  constructor(harness: HintSourceHarness) {
    this.harness = harness
  }

  async open(opening: HintSourceOpening = {}): Promise<HintSource> {
    const source = await this.harness.open(opening)
    this.#opened.push(source)
    this.#results.push(source.description, source)
    return source
  }

  async send(...messages: readonly SentMessage[]): Promise<void> {
    for (const message of messages) await this.harness.send(message)
  }

  async receive(source: HintSource, signal: AbortSignal = never): Promise<HintBatch> {
    const batch = await source.receive({ signal })
    this.#results.push(batch.hints, batch.ignored)
    return batch
  }

  /** The first batch with a message, not confirmed. A source may return an empty one before the message arrives. */
  async receiveFirst(source: HintSource): Promise<HintBatch> {
    for (let batches = 1; ; batches += 1) {
      const batch = await this.receive(source)
      if (batch.hints.length + batch.ignored.length > 0 || batches === MAX_BATCHES) return batch
    }
  }

  /** Receives until `count` messages have arrived. Confirms each batch by default. */
  async receiveMessages(
    source: HintSource,
    count: number,
    { confirm = true }: { readonly confirm?: boolean } = {},
  ): Promise<{ readonly hints: readonly Hint[]; readonly ignored: readonly NoHintReason[] }> {
    const hints: Hint[] = []
    const ignored: NoHintReason[] = []
    for (let batches = 0; hints.length + ignored.length < count && batches < MAX_BATCHES; batches += 1) {
      const batch = await this.receive(source)
      hints.push(...batch.hints)
      ignored.push(...batch.ignored)
      if (confirm) await batch.confirm({ signal: never })
    }
    expect(hints.length + ignored.length, 'messages received').toBe(count)
    return { hints, ignored }
  }

  /** The error of a call that must fail. */
  failure(source: HintSource, signal: AbortSignal = never): Promise<SecretSyncError> {
    return expectFailure('receiving', source.receive({ signal }), (error) => this.#results.push(error))
  }

  /** Asserts the number of messages that are not confirmed, if the harness counts them. */
  async expectLeft(expected: number): Promise<void> {
    const left = await this.harness.left?.()
    if (left !== undefined) expect(left, 'messages that are not confirmed').toBe(expected)
  }

  expectRedacted(): void {
    expectRedacted(this.#results, this.harness.canaries)
  }

  async end(): Promise<void> {
    for (const source of this.#opened.toReversed()) await source.close()
    await this.harness.close?.()
  }
}
