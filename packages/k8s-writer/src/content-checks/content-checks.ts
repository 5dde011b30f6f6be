import { type ClockTimer, Semaphore, type TargetRef } from '@ack-secret-manager/core'
import { objectKey } from '@ack-secret-manager/k8s-client'
import { CheckBackoff } from './check-backoff.ts'
import { type InspectionOptions, inspectTimed } from './inspected-secret.ts'
import { type SecretCacheEntry, recordedKeysOf } from '../cache/secret-cache-entry.ts'
import type { SecretsApi } from '../write/secrets-api.ts'

/** Concurrent comparisons. */
const MAX_CHECKS = 4

export interface ContentChecksOptions extends InspectionOptions {
  readonly api: Pick<SecretsApi, 'getWhole'>
  /** Whether the cache has only a stub of this Secret, so that its metadata is compared too. */
  readonly isStub: (target: TargetRef) => boolean
  /** Called if these keys, or the metadata of a stub, differ from the record. */
  readonly onBroken: (secret: SecretCacheEntry, keys: ReadonlySet<string>) => void
  /** Called if this Secret could not be compared. */
  readonly onFailed: (target: TargetRef) => void
}

/**
 * Compares the content of Secrets with their records if cached metadata does not show which manager wrote them. The first check is
 * immediate. Further checks of the same Secret back off while they find no difference. Namespaces take turns.
 */
export class ContentChecks {
  readonly #options: ContentChecksOptions
  readonly #slots = new Semaphore(MAX_CHECKS)
  readonly #closing = new AbortController()
  /** Targets with a pending comparison. */
  readonly #waiting = new Set<string>()
  /** Timers of the Secrets that back off. */
  readonly #timers = new Map<string, ClockTimer>()
  readonly #backoff: CheckBackoff

  constructor(options: ContentChecksOptions) {
    this.#options = options
    this.#backoff = new CheckBackoff(options.clock)
  }

  /** Schedules a comparison after the backoff. It also covers the versions until then. */
  check(target: TargetRef): void {
    if (this.#closing.signal.aborted) return
    const key = objectKey(target)
    if (this.#waiting.has(key)) return
    this.#waiting.add(key)
    this.#schedule(key, target, this.#backoff.pauseMs(key))
  }

  close(): void {
    this.#closing.abort()
    this.#waiting.clear()
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #schedule(key: string, target: TargetRef, pauseMs: number): void {
    if (pauseMs === 0) this.#queue(key, target)
    else
      this.#timers.set(
        key,
        this.#options.clock.setTimeout(() => this.#queue(key, target), pauseMs),
      )
  }

  #queue(key: string, target: TargetRef): void {
    this.#timers.delete(key)
    void this.#slots.run(() => this.#compare(key, target), target.namespace)
  }

  async #compare(key: string, target: TargetRef): Promise<void> {
    const { api, onBroken, onFailed, isStub, decodeTime } = this.#options
    const { signal } = this.#closing
    const waitMs = isStub(target) ? decodeTime.waitMs(target.namespace) : 0
    if (waitMs > 0 && !signal.aborted) return this.#schedule(key, target, waitMs)
    if (!this.#waiting.delete(key) || signal.aborted) return
    this.#backoff.begin(key)
    try {
      const object = await api.getWhole(target, signal)
      if (!object) return
      const { entry, broken, isRedigested } = inspectTimed(object, this.#options)
      const keys = isRedigested ? recordedKeysOf(entry) : broken
      if (keys.size === 0 && !(isStub(target) && isDrifted(entry))) return
      this.#backoff.reset(key)
      onBroken(entry, keys)
    } catch {
      // The owners reconcile and report the error.
      if (!signal.aborted) onFailed(target)
    }
  }
}

function isDrifted({ observed }: SecretCacheEntry): boolean {
  return observed.metadataDrifted || observed.drifted.length > 0
}
