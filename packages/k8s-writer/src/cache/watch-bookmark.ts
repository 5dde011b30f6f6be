import { compareResourceVersions, objectKey, type Reflector } from '@ack-secret-manager/k8s-client'
import type { SecretCacheEntry } from './secret-cache-entry.ts'
import type { CachedSecret } from './secret-stub.ts'

/** Compares responses of the API server with the last resourceVersion of the watch. */
export class WatchBookmark {
  readonly #reflector: Pick<Reflector<CachedSecret>, 'get' | 'lastResourceVersion'> | undefined

  /** @param reflector undefined without a watch */
  constructor(reflector: Pick<Reflector<CachedSecret>, 'get' | 'lastResourceVersion'> | undefined) {
    this.#reflector = reflector
  }

  /** Whether the watch has already reported the deletion of this entry. */
  isDeleted({ isLabelled, observed: { target, uid, resourceVersion } }: CachedSecret): boolean {
    const lastResourceVersion = this.#reflector?.lastResourceVersion(target.namespace)
    if (!isLabelled || lastResourceVersion === undefined) return false
    const now = this.#reflector?.get(objectKey(target))
    return now?.observed.uid !== uid && compareResourceVersions(resourceVersion, lastResourceVersion) <= 0
  }

  /** Reads again if the watch reported the deletion while the response was in flight. */
  async readCurrent<T>(
    read: () => Promise<T | undefined>,
    entryOf: (response: T) => SecretCacheEntry,
  ): Promise<T | undefined> {
    const response = await read()
    return response && this.isDeleted(entryOf(response)) ? read() : response
  }
}
