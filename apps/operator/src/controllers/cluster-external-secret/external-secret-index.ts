import { objectKey } from '@ack-secret-manager/k8s-client'
import { splitKey } from '@ack-secret-manager/sync-engine'
import type { CachedExternalSecret } from './cached-external-secret.ts'

/** Index of all ExternalSecrets by name and by the ClusterExternalSecret that owns them. */
export class ExternalSecretIndex {
  readonly #byKey = new Map<string, CachedExternalSecret>()
  /** Names by `UID/namespace`. */
  readonly #owned = new Map<string, Set<string>>()

  get(key: string): CachedExternalSecret | undefined {
    return this.#byKey.get(key)
  }

  /**
   * @param key the string of the ExternalSecret cache, to share its memory
   * @param cached undefined if the ExternalSecret was deleted
   */
  set(key: string, cached: CachedExternalSecret | undefined): void {
    const [namespace, name] = splitKey(key)
    const before = this.#byKey.get(key)
    if (before?.ownerUid !== undefined && before.ownerUid !== cached?.ownerUid) {
      const ownerKey = `${before.ownerUid}/${namespace}`
      const names = this.#owned.get(ownerKey)
      names?.delete(name)
      if (names?.size === 0) this.#owned.delete(ownerKey)
    }
    if (cached) this.#byKey.set(key, cached)
    else this.#byKey.delete(key)
    if (cached?.ownerUid === undefined) return
    const ownerKey = `${cached.ownerUid}/${namespace}`
    const names = this.#owned.get(ownerKey)
    if (names) names.add(name)
    else this.#owned.set(ownerKey, new Set([name]))
  }

  /** Whether a ClusterExternalSecret owns an ExternalSecret in a namespace. */
  ownsAnyIn(ownerUid: string, namespace: string): boolean {
    return this.#owned.has(`${ownerUid}/${namespace}`)
  }

  /** The ExternalSecrets that a ClusterExternalSecret owns in a namespace, and the one with the desired name. */
  view(
    namespace: string,
    { ownerUid, name }: { readonly ownerUid: string; readonly name: string },
  ): CachedExternalSecret[] {
    const owned = this.#owned.get(`${ownerUid}/${namespace}`) ?? []
    const names = [name, ...[...owned].filter((each) => each !== name)]
    return names.flatMap((each) => this.get(objectKey({ namespace, name: each })) ?? [])
  }
}
