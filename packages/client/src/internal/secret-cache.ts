import { type SecretRef, SecretSyncError } from '@ack-secret-manager/core'
import { CachedSecret, type CacheSettings } from './cached-secret.ts'
import type { SecretStatus } from '../secret-client-options.ts'

/** The secrets of a client, at most `maxSecrets`; the one that was not used for the longest time is forgotten first. */
export class SecretCache {
  readonly #settings: CacheSettings
  readonly #maxSecrets: number
  /** In the order of their last use. */
  readonly #secrets = new Map<string, CachedSecret>()

  constructor(settings: CacheSettings, maxSecrets: number) {
    this.#settings = settings
    this.#maxSecrets = maxSecrets
  }

  /** @throws SecretSyncError `TooLarge` if all cached secrets are followed */
  get(ref: SecretRef): CachedSecret {
    const key = JSON.stringify([ref.name, ref.versionStage, ref.versionId])
    let secret = this.#secrets.get(key)
    if (secret === undefined) {
      this.#makeRoom()
      secret = new CachedSecret(ref, this.#settings, () => this.#forget(key))
    } else {
      this.#secrets.delete(key)
    }
    this.#secrets.set(key, secret)
    return secret
  }

  status(): readonly SecretStatus[] {
    return [...this.#secrets.values()].map((secret) => secret.status())
  }

  close(): void {
    for (const key of this.#secrets.keys()) this.#forget(key)
  }

  #makeRoom(): void {
    if (this.#secrets.size < this.#maxSecrets) return
    for (const [key, secret] of this.#secrets) {
      if (secret.isFollowed) continue
      this.#forget(key)
      return
    }
    throw new SecretSyncError('TooLarge', `maxSecrets: ${this.#maxSecrets} secrets are watched already`)
  }

  #forget(key: string): void {
    const secret = this.#secrets.get(key)
    this.#secrets.delete(key)
    secret?.close()
  }
}
