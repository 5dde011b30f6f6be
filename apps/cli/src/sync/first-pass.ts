import { isOutage, needsUserAction, retryOf, type SecretSyncError } from '@ack-secret-manager/core'
import type { ResourceKey, SyncOutcome } from '@ack-secret-manager/sync-engine'
import { failedResult, type ResourceResult, resultOf, unfinishedResult } from './resource-result.ts'

interface Seen {
  result: ResourceResult | undefined
  /** A read or a write failed with a transient error. */
  isRetried: boolean
}

/** Tracks resources until each is synced, or has failed with an error that is not transient. */
export class FirstPass {
  readonly #seen: ReadonlyMap<ResourceKey, Seen>
  readonly #open: Set<ResourceKey>
  readonly #waiting: (() => void)[] = []

  constructor(keys: Iterable<ResourceKey>) {
    this.#seen = new Map([...keys].map((key) => [key, { result: undefined, isRetried: false }]))
    this.#open = new Set(this.#seen.keys())
  }

  get total(): number {
    return this.#seen.size
  }

  get done(): number {
    return this.total - this.#open.size
  }

  /** Records the outcome of a sync. */
  synced(key: ResourceKey, outcome: SyncOutcome): void {
    const seen = this.#seen.get(key)
    if (!seen) return
    seen.result = resultOf(key, outcome, 'fresh')
    seen.isRetried =
      outcome.kind === 'synced' && outcome.failures.some(({ error }) => isOutage(error.code) && !needsUserAction(error))
    this.#closeIfFinished(key, seen)
  }

  /** Records a sync that failed with an error. */
  failed(key: ResourceKey, error: SecretSyncError): void {
    const seen = this.#seen.get(key)
    if (!seen) return
    seen.result = failedResult(key, error)
    seen.isRetried = retryOf(error.code) === 'transient' && !needsUserAction(error)
    this.#closeIfFinished(key, seen)
  }

  /** Resolves when every resource is done, or when the signal aborts. */
  async finished(signal: AbortSignal): Promise<void> {
    if (this.#open.size === 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** The current result of each resource. @param readsOf secrets of a resource with their endpoints, for messages */
  results(timeoutMs: number, readsOf: (key: ResourceKey) => readonly string[]): readonly ResourceResult[] {
    return [...this.#seen].map(([key, { result }]) => result ?? unfinishedResult(key, timeoutMs, readsOf(key)))
  }

  #closeIfFinished(key: ResourceKey, { isRetried }: Seen): void {
    if (!isRetried) this.#open.delete(key)
    if (this.#open.size === 0) for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
