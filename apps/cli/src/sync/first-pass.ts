import { isOutage, type SecretSyncError } from '@ack-secret-manager/core'
import type { ResourceKey, SyncOutcome } from '@ack-secret-manager/sync-engine'
import { AttemptCounter } from './attempt-counter.ts'
import { failedResult, type ResourceResult, resultOf, unfinishedResult } from './resource-result.ts'

/** Syncs of one resource that may break off before the pass stops waiting for it. */
const MAX_BROKEN_SYNCS = 4

interface Seen {
  result: ResourceResult | undefined
  /** Secrets whose read may yet succeed. */
  hopes: readonly string[]
  /** The last sync broke off and is worth another try. */
  broken: boolean
  breaks: number
}

/** Follows a number of resources until there is nothing more to hope for any of them. */
export class FirstPass {
  /** Counts the reads of the engine that is followed. */
  readonly attempts = new AttemptCounter(() => this.#look())
  readonly #seen: ReadonlyMap<ResourceKey, Seen>
  readonly #open: Set<ResourceKey>
  readonly #waiting: (() => void)[] = []

  constructor(keys: Iterable<ResourceKey>) {
    this.#seen = new Map([...keys].map((key) => [key, { result: undefined, hopes: [], broken: false, breaks: 0 }]))
    this.#open = new Set(this.#seen.keys())
  }

  get total(): number {
    return this.#seen.size
  }

  get done(): number {
    return this.total - this.#open.size
  }

  /** A sync has come to its end. */
  synced(key: ResourceKey, outcome: SyncOutcome): void {
    const seen = this.#seen.get(key)
    if (!seen) return
    seen.result = resultOf(key, outcome, 'fresh')
    const failures = outcome.kind === 'synced' ? outcome.failures : []
    seen.hopes = failures.filter(({ error }) => isOutage(error.code)).map(({ secret }) => secret)
    seen.broken = false
    this.#look()
  }

  /** A sync has broken off and will be tried again. */
  failed(key: ResourceKey, error: SecretSyncError): void {
    const seen = this.#seen.get(key)
    if (!seen) return
    seen.breaks += 1
    seen.broken = seen.breaks < MAX_BROKEN_SYNCS
    seen.hopes = []
    seen.result = failedResult(key, error)
    this.#look()
  }

  /** Resolves when nothing is open any more, or when the signal aborts. */
  async finished(signal: AbortSignal): Promise<void> {
    if (this.#open.size === 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** What is known of each resource by now. */
  results(timeoutMs: number): readonly ResourceResult[] {
    return [...this.#seen].map(([key, { result }]) => result ?? unfinishedResult(key, timeoutMs))
  }

  #look(): void {
    for (const key of this.#open) {
      const seen = this.#seen.get(key)
      if (seen?.result === undefined || seen.broken) continue
      if (seen.hopes.every((secret) => this.attempts.isExhausted(secret))) this.#open.delete(key)
    }
    if (this.#open.size === 0) for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
