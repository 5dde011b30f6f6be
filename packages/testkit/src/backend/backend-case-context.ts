/* oxlint-disable vitest/no-standalone-expect -- called by the cases of the contract */
import {
  isSecretSyncError,
  type ListedSecret,
  type ReadResult,
  type SecretBackend,
  type SecretRef,
  type SecretSyncError,
  type SecretValue,
} from '@ack-secret-manager/core'
import { expect } from 'vitest'
import { expectFailure } from '../expect-failure.ts'
import { visibleTextOf, expectRedacted } from '../redaction.ts'
import type { BackendFault, BackendHarness, BackendOpening } from './backend-harness.ts'

/** Part of every value that the contract puts into a secret. */
const CANARY = 'canary~Zx81~value'

const never = new AbortController().signal
let count = 0

/** Context of one case. Collects all results and errors, which must contain no secret material. */
export class BackendCaseContext {
  readonly harness: BackendHarness
  readonly #opened: SecretBackend[] = []
  readonly #results: unknown[] = []

  constructor(harness: BackendHarness) {
    this.harness = harness
  }

  async open(opening: BackendOpening = {}): Promise<SecretBackend> {
    const backend = await this.harness.open(opening)
    this.#opened.push(backend)
    return backend
  }

  newName(): string {
    count += 1
    return `contract-${process.pid}-${count}`
  }

  /** A unique text that contains the canary. */
  newText(): string {
    count += 1
    return `{"n":${count},"password":"${CANARY}"}`
  }

  async put(text = this.newText()): Promise<{ readonly name: string; readonly text: string }> {
    const name = this.newName()
    await this.harness.put(name, { text })
    return { name, text }
  }

  async read(backend: SecretBackend, ref: SecretRef, signal: AbortSignal = never): Promise<SecretValue> {
    const value = await backend.read(ref, { signal })
    this.#results.push(value)
    return value
  }

  async textOf(backend: SecretBackend, ref: SecretRef): Promise<string> {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      (await this.read(backend, ref)).bytes.expose(),
    )
  }

  /** The error of a read that must fail. */
  failure(backend: SecretBackend, ref: SecretRef, signal: AbortSignal = never): Promise<SecretSyncError> {
    return expectFailure('the read', backend.read(ref, { signal }), (error) => this.#results.push(error))
  }

  /** Results of a batch; none if the call was refused as a whole. */
  async readMany(backend: SecretBackend, refs: readonly SecretRef[]): Promise<ReadonlyArray<ReadResult | undefined>> {
    try {
      const results = (await backend.readMany?.(refs, { signal: never })) ?? []
      this.#results.push(...results)
      expect(results).toHaveLength(refs.length)
      return results
    } catch (error) {
      this.#results.push(error)
      if (isSecretSyncError(error) && (error.code === 'NotFound' || error.code === 'AccessDenied')) return []
      throw error
    }
  }

  /** The code of a batch that must fail as a whole, or in each entry. */
  async batchFailure(backend: SecretBackend, refs: readonly SecretRef[], signal: AbortSignal): Promise<string> {
    const results = await (backend.readMany?.(refs, { signal }) ?? Promise.resolve([])).catch((error: unknown) => {
      this.#results.push(error)
      return isSecretSyncError(error) ? [{ error }] : []
    })
    return results[0]?.error?.code ?? 'no failure'
  }

  /** All pages of the list; none if the backend has no list. */
  async listAll(backend: SecretBackend, { withTags }: { withTags: boolean }): Promise<readonly ListedSecret[]> {
    const all: ListedSecret[] = []
    let cursor: string | undefined
    do {
      // oxlint-disable-next-line no-await-in-loop -- the next page may not exist
      const page = await backend.list?.({ cursor, withTags, signal: never })
      this.#results.push(page)
      all.push(...(page?.items ?? []))
      cursor = page?.next
    } while (cursor !== undefined)
    return all
  }

  /** The error of a list that must fail. */
  listFailure(backend: SecretBackend, signal: AbortSignal = never): Promise<SecretSyncError> {
    const listing = backend.list?.({ withTags: false, signal }) ?? Promise.resolve(undefined)
    return expectFailure('the list', listing, (error) => this.#results.push(error))
  }

  async play(fault: BackendFault, name: string): Promise<void> {
    if (this.harness.play === undefined) throw new Error(`the harness has no play(), so it cannot ${fault}`)
    await this.harness.play(fault, name)
  }

  /** Runs `work` and asserts the number of reads at the manager, if the harness counts them. */
  async expectReads<T>(expected: number, work: () => Promise<T>): Promise<T> {
    const before = await this.harness.reads?.()
    const result = await work()
    if (before !== undefined) expect((await this.harness.reads?.()) ?? 0, 'reads that arrived').toBe(before + expected)
    return result
  }

  /** Asserts that no result or error contains secret material. */
  expectRedacted(): void {
    expectRedacted(this.#results, [CANARY, ...(this.harness.canaries ?? [])])
  }

  /** Visible text of a value, for a case with its own assertion. */
  visibleTextOf(thing: unknown): string {
    return visibleTextOf(thing)
  }

  async end(): Promise<void> {
    for (const backend of this.#opened) await backend.close()
    await this.harness.close?.()
  }
}
