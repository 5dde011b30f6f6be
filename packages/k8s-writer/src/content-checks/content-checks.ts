import { type Clock, type ClockTimer, type ContentDigester, Semaphore, type TargetRef } from '@ack-secret-manager/core'
import { CheckBackoff } from './check-backoff.ts'
import { inspectSecret } from './inspected-secret.ts'
import { type SecretCacheEntry, recordedKeysOf } from '../cache/secret-cache-entry.ts'
import type { SecretsApi } from '../write/secrets-api.ts'

/** Concurrent comparisons. */
const MAX_CHECKS = 4

export interface ContentChecksOptions {
  readonly api: Pick<SecretsApi, 'getWhole'>
  readonly digester: ContentDigester
  readonly clock: Clock
  /** These keys differ from their record, or could not be compared. */
  readonly onBroken: (secret: SecretCacheEntry, keys: ReadonlySet<string>) => void
}

/**
 * Compares the content of Secrets with their records if metadata does not show which manager wrote them. The first check is
 * immediate. Further checks of the same Secret back off while they find no difference. Namespaces take turns.
 */
export class ContentChecks {
  readonly #options: ContentChecksOptions
  readonly #slots = new Semaphore(MAX_CHECKS)
  readonly #closing = new AbortController()
  /** Newest version of each Secret with a pending comparison, by target. */
  readonly #waiting = new Map<string, SecretCacheEntry>()
  /** Timers of the Secrets that back off. */
  readonly #timers = new Map<string, ClockTimer>()
  readonly #backoff: CheckBackoff

  constructor(options: ContentChecksOptions) {
    this.#options = options
    this.#backoff = new CheckBackoff(options.clock)
  }

  /** Schedules a comparison after the backoff. Versions until then share it. */
  check(secret: SecretCacheEntry): void {
    if (this.#closing.signal.aborted) return
    const { target } = secret.observed
    const key = `${target.namespace}/${target.name}`
    const isWaiting = this.#waiting.has(key)
    this.#waiting.set(key, secret)
    if (isWaiting) return
    const pauseMs = this.#backoff.pauseMs(key)
    if (pauseMs === 0) this.#queue(key, target)
    else
      this.#timers.set(
        key,
        this.#options.clock.setTimeout(() => this.#queue(key, target), pauseMs),
      )
  }

  close(): void {
    this.#closing.abort()
    this.#waiting.clear()
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #queue(key: string, target: TargetRef): void {
    this.#timers.delete(key)
    void this.#slots.run(() => this.#compare(key, target), target.namespace)
  }

  async #compare(key: string, target: TargetRef): Promise<void> {
    const { api, digester, onBroken } = this.#options
    const secret = this.#waiting.get(key)
    this.#waiting.delete(key)
    const { signal } = this.#closing
    if (!secret || signal.aborted) return
    this.#backoff.begin(key)
    try {
      const object = await api.getWhole(target, signal)
      if (!object) return
      const { entry, broken, isRedigested } = inspectSecret(object, digester)
      const keys = isRedigested ? recordedKeysOf(entry) : broken
      if (keys.size === 0) return
      this.#backoff.reset(key)
      onBroken(entry, keys)
    } catch {
      // The owners reconcile and report the error.
      if (!signal.aborted) onBroken(secret, recordedKeysOf(secret))
    }
  }
}
