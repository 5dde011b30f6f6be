import { compareResourceVersions, objectKey, type Reflector } from '@ack-secret-manager/k8s-client'
import type { KnownSecret } from './secret-cache-entry.ts'

/** How far the watch has come, beside which an answer of the API server may be out of date. */
export class WatchProgress {
  readonly #reflector: Pick<Reflector<KnownSecret>, 'get' | 'lastResourceVersion'> | undefined

  /** @param reflector undefined where nothing is watched, and no answer can be overtaken */
  constructor(reflector: Pick<Reflector<KnownSecret>, 'get' | 'lastResourceVersion'> | undefined) {
    this.#reflector = reflector
  }

  /** Whether this is gone, by what the watch has told. */
  isOver({ isLabelled, observed: { target, uid, resourceVersion } }: KnownSecret): boolean {
    const reached = this.#reflector?.lastResourceVersion(target.namespace)
    if (!isLabelled || reached === undefined) return false
    const now = this.#reflector?.get(objectKey(target))
    return now?.observed.uid !== uid && compareResourceVersions(resourceVersion, reached) <= 0
  }

  /** Reads again where the watch has told the end of what was read while the answer was on its way. */
  async upToDate<T>(read: () => Promise<T | undefined>, knownOf: (answer: T) => KnownSecret): Promise<T | undefined> {
    const answer = await read()
    return answer && this.isOver(knownOf(answer)) ? read() : answer
  }
}
