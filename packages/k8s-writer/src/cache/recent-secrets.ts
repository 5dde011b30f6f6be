import type { TargetRef } from '@ack-secret-manager/core'
import { objectKey } from '@ack-secret-manager/k8s-client'
import type { SecretCacheEntry } from './secret-cache-entry.ts'

/** More than the targets that all workers can adopt at the same time. */
const MAX_SECRETS = 256
/** Limit of the sum of `excessBytes`, because tenants choose the size of metadata. */
const MAX_EXCESS_BYTES = 8 * 1024 * 1024

/** Secrets without a cache entry that were just read, so that the following write does not read them again. */
export class RecentSecrets {
  readonly #byTarget = new Map<string, SecretCacheEntry>()
  #excessBytes = 0

  put(secret: SecretCacheEntry): void {
    const { target } = secret.observed
    this.take(target)
    this.#byTarget.set(objectKey(target), secret)
    this.#excessBytes += secret.excessBytes
    for (const oldest of this.#byTarget.values()) {
      const { size } = this.#byTarget
      if (size === 1 || (size <= MAX_SECRETS && this.#excessBytes <= MAX_EXCESS_BYTES)) return
      this.take(oldest.observed.target)
    }
  }

  /** Removes and returns the Secret, because the write makes it stale. */
  take(target: TargetRef): SecretCacheEntry | undefined {
    const key = objectKey(target)
    const secret = this.#byTarget.get(key)
    this.#byTarget.delete(key)
    this.#excessBytes -= secret?.excessBytes ?? 0
    return secret
  }
}
