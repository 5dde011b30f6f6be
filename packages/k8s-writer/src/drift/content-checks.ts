import { type Clock, type ClockTimer, type ContentDigester, Semaphore, type TargetRef } from '@ack-secret-manager/core'
import { CheckPauses } from './check-backoff.ts'
import { inspectSecret } from './inspected-secret.ts'
import { type KnownSecret, recordedKeysOf } from '../cache/secret-cache-entry.ts'
import type { SecretsApi } from '../write/secrets-api.ts'

/** Comparisons under way at once. */
const MAX_CHECKS = 4

/** Options of {@link ContentChecks}. */
export interface ContentChecksOptions {
  readonly api: Pick<SecretsApi, 'getWhole'>
  readonly digester: ContentDigester
  readonly clock: Clock
  /** These keys do not hold what was recorded, or cannot be compared. */
  readonly onBroken: (secret: KnownSecret, keys: ReadonlySet<string>) => void
}

/**
 * Compares the content of Secrets with their records where metadata does not show who has written it: a Secret that was quiet at
 * once, and one that others keep writing to with pauses that grow while nothing is found.
 */
export class ContentChecks {
  readonly #options: ContentChecksOptions
  readonly #places = new Semaphore(MAX_CHECKS)
  readonly #closing = new AbortController()
  /** Secrets that wait for their comparison, by target; the newest version of each. */
  readonly #waiting = new Map<string, KnownSecret>()
  /** Of those that wait for the end of a pause. */
  readonly #timers = new Map<string, ClockTimer>()
  readonly #pauses: CheckPauses

  constructor(options: ContentChecksOptions) {
    this.#options = options
    this.#pauses = new CheckPauses(options.clock)
  }

  /** Compares as soon as the pauses let it, and once for all versions that come before. */
  check(secret: KnownSecret): void {
    if (this.#closing.signal.aborted) return
    const { target } = secret.observed
    const key = `${target.namespace}/${target.name}`
    const isWaiting = this.#waiting.has(key)
    this.#waiting.set(key, secret)
    if (isWaiting) return
    const pauseMs = this.#pauses.pauseMs(key)
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
    void this.#places.run(() => this.#compare(key, target))
  }

  async #compare(key: string, target: TargetRef): Promise<void> {
    const { api, digester, onBroken } = this.#options
    const secret = this.#waiting.get(key)
    this.#waiting.delete(key)
    const { signal } = this.#closing
    if (!secret || signal.aborted) return
    this.#pauses.begin(key)
    try {
      const object = await api.getWhole(target, signal)
      if (!object) return
      const { known, broken, isRedigested } = inspectSecret(object, digester)
      const keys = isRedigested ? recordedKeysOf(known) : broken
      if (keys.size === 0) return
      this.#pauses.restart(key)
      onBroken(known, keys)
    } catch {
      // The owners look into it, and report why it cannot be read.
      if (!signal.aborted) onBroken(secret, recordedKeysOf(secret))
    }
  }
}
