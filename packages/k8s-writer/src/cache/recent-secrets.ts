import type { TargetRef } from '@ack-secret-manager/core'
import type { SecretCacheEntry } from './secret-cache-entry.ts'

/** More than the targets that all workers can adopt at the same time. */
const MAX_SECRETS = 256

/** Unlabelled Secrets that were just read, so that the following write does not read them again. */
export class RecentSecrets {
  readonly #byTarget = new Map<string, SecretCacheEntry>()

  put(secret: SecretCacheEntry): void {
    const key = keyOf(secret.observed.target)
    this.#byTarget.delete(key)
    this.#byTarget.set(key, secret)
    const [oldest] = this.#byTarget.keys()
    if (this.#byTarget.size > MAX_SECRETS && oldest !== undefined) this.#byTarget.delete(oldest)
  }

  /** Removes and returns the Secret, because the write makes it stale. */
  take(target: TargetRef): SecretCacheEntry | undefined {
    const key = keyOf(target)
    const secret = this.#byTarget.get(key)
    this.#byTarget.delete(key)
    return secret
  }
}

function keyOf({ namespace, name }: TargetRef): string {
  return `${namespace}/${name}`
}
