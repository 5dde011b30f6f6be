import { type ContentDigester, Semaphore, type TargetRef } from '@ack-secret-manager/core'
import { inspectSecret } from './inspected-secret.ts'
import { type KnownSecret, recordedKeysOf } from './known-secret.ts'
import type { SecretsApi } from './secrets-api.ts'

/** Comparisons under way at once. */
const MAX_CHECKS = 4

/** Options of {@link ContentChecks}. */
export interface ContentChecksOptions {
  readonly api: Pick<SecretsApi, 'getWhole'>
  readonly digester: ContentDigester
  /** These keys do not hold what was recorded, or cannot be compared. */
  readonly onBroken: (secret: KnownSecret, keys: ReadonlySet<string>) => void
}

/** Compares the content of Secrets with their records where metadata does not show who has written it. */
export class ContentChecks {
  readonly #options: ContentChecksOptions
  readonly #places = new Semaphore(MAX_CHECKS)
  readonly #closing = new AbortController()
  /** Secrets that wait for their comparison, by target; the newest version of each. */
  readonly #waiting = new Map<string, KnownSecret>()

  constructor(options: ContentChecksOptions) {
    this.#options = options
  }

  /** Compares soon, and once for all versions that come before. */
  check(secret: KnownSecret): void {
    const { target } = secret.observed
    const key = `${target.namespace}/${target.name}`
    const isWaiting = this.#waiting.has(key)
    this.#waiting.set(key, secret)
    if (!isWaiting) void this.#places.run(() => this.#compare(key, target))
  }

  close(): void {
    this.#closing.abort()
    this.#waiting.clear()
  }

  async #compare(key: string, target: TargetRef): Promise<void> {
    const { api, digester, onBroken } = this.#options
    const secret = this.#waiting.get(key)
    this.#waiting.delete(key)
    const { signal } = this.#closing
    if (!secret || signal.aborted) return
    try {
      const object = await api.getWhole(target, signal)
      if (!object) return
      const { known, broken, isRedigested } = inspectSecret(object, digester)
      const keys = isRedigested ? recordedKeysOf(known) : broken
      if (keys.size > 0) onBroken(known, keys)
    } catch {
      // The owners look into it, and report why it cannot be read.
      if (!signal.aborted) onBroken(secret, recordedKeysOf(secret))
    }
  }
}
