import {
  type ErrorCode,
  isSecretSyncError,
  type ReadResult,
  type SecretRef,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { FakeManager } from './source-pool-harness.ts'

/** What is not known of batch reads at the real service. */
export interface BatchMode {
  /** A secret that cannot be read fails its entry or the whole call. */
  readonly refusal: 'entry' | 'call'
  /**
   * `unknown`: the endpoint does not have the call. `denied`: the identity may not make it. `silent`: the same, but the response does not say so.
   * An error code: `readMany` throws it instead of returning it for each secret.
   */
  readonly call: 'works' | 'unknown' | 'denied' | 'silent' | 'Throttled' | 'Unauthenticated'
  /** Secrets that a batch cannot name: it has another version of them. */
  readonly alone?: ReadonlySet<string>
  /** Secrets whose entry is malformed, although their single read is good. */
  readonly malformed?: ReadonlySet<string>
  /** Secrets that responses omit. */
  readonly omits?: ReadonlySet<string>
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set(['NotFound', 'AccessDenied', 'InvalidSpec'])
/** Faults that a response reports for one secret. The others take the whole call with them. */
const OF_ENTRY: ReadonlySet<ErrorCode> = new Set([...REFUSALS, 'Throttled', 'Unauthenticated'])

/** A secret manager with batch reads. */
export class BatchingManager extends FakeManager {
  readonly batch = {
    maxRefs: 20,
    keyOf: ({ name }: SecretRef): string | undefined => (this.mode.alone?.has(name) === true ? undefined : name),
  }
  /** Calls with several secrets. */
  readonly batches: Array<{ readonly names: readonly string[]; readonly atMs: number }> = []
  mode: BatchMode = { refusal: 'entry', call: 'works' }

  /** Number of requests of both kinds. */
  get requests(): number {
    return this.calls.length + this.batches.length
  }

  async readMany(
    refs: readonly SecretRef[],
    { signal }: { signal: AbortSignal },
  ): Promise<ReadonlyArray<ReadResult | undefined>> {
    const names = refs.map(({ name }) => name)
    if (new Set(names).size < names.length || names.length > 20) throw new RangeError('an invalid batch')
    this.batches.push({ names, atMs: this.clock.monotonic() })
    const onAbort = (): void => this.#countAll(names, -1)
    this.#countAll(names, 1)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (this.latencyMs > 0) await this.wait(this.latencyMs, signal)
      if (names.some((name) => this.faults.get(name) === 'hang')) await this.wait(Infinity, signal)
      return this.#respond(names)
    } finally {
      signal.removeEventListener('abort', onAbort)
      if (!signal.aborted) this.#countAll(names, -1)
    }
  }

  #respond(names: readonly string[]): ReadonlyArray<ReadResult | undefined> {
    const { call, refusal, alone, malformed, omits } = this.mode
    if (call === 'unknown')
      throw new SecretSyncError('InvalidResponse', 'no such action', { facts: { batch: 'unsupported' } })
    if (call === 'denied') throw new SecretSyncError('AccessDenied', 'no batches', { facts: { batch: 'denied' } })
    if (call === 'Throttled' || call === 'Unauthenticated') throw new SecretSyncError(call, 'the batch is refused')
    if (call === 'silent') throw new SecretSyncError('AccessDenied', 'denied')
    return names.map((name) => {
      if (omits?.has(name) === true) return undefined
      if (malformed?.has(name) === true) return { error: new SecretSyncError('InvalidResponse', `entry of ${name}`) }
      try {
        const value = this.valueOf(name)
        return { value: alone?.has(name) === true ? { ...value, versionId: 'another version' } : value }
      } catch (error) {
        if (!isSecretSyncError(error) || !OF_ENTRY.has(error.code)) throw error
        if (refusal === 'call' && REFUSALS.has(error.code))
          throw new SecretSyncError(error.code, 'the batch is refused')
        return { error }
      }
    })
  }

  #countAll(names: readonly string[], by: 1 | -1): void {
    for (const name of names) this.count(name, by)
  }
}
