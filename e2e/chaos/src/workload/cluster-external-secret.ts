import type { ExpectedState } from '../invariants/expected-state.ts'
import type { ClusterAction, Deletion } from './action.ts'
import { finishDeletion, hold, KNOWN_AFTER_MS } from './deletion.ts'
import { clusterObject, resourceObject, type AnyManifest } from './objects.ts'
import { type RetryingApi, pathOf } from './retrying-api.ts'
import { RESOURCES, type ChaosResource } from './resources.ts'

/** Options of {@link ClusterExternalSecretDriver}. */
export interface ClusterExternalSecretDriverOptions {
  readonly api: RetryingApi
  readonly expectedState: Pick<ExpectedState, 'allowEndOf' | 'orphan'>
  /** One of its ExternalSecrets. */
  readonly resource: ChaosResource
}

/** Deletes the ClusterExternalSecret with each cascade and creates it again. */
export class ClusterExternalSecretDriver {
  readonly #options: ClusterExternalSecretDriverOptions
  readonly #object: AnyManifest
  /** Paths of its ExternalSecrets. */
  readonly #childPaths: readonly string[]
  #returned: Promise<void> = Promise.resolve()

  constructor(options: ClusterExternalSecretDriverOptions) {
    this.#options = options
    this.#object = clusterObject(options.resource)
    const made = RESOURCES.filter(({ kind }) => kind === 'cluster')
    this.#childPaths = made.map((each) => pathOf(resourceObject(each, false)))
  }

  /** Resolves when it has been created again. */
  get returned(): Promise<void> {
    return this.#returned
  }

  /** A creation continues in the background, because the garbage collector decides how long the object terminates. */
  async do(action: ClusterAction): Promise<void> {
    await this.#returned
    if (action.kind === 'delete-cluster') return this.#delete(action)
    this.#returned = this.#createAgain()
    // `returned` throws what fails.
    this.#returned.catch(() => undefined)
  }

  /** Its ExternalSecrets are deleted with it, or orphaned. */
  async #delete({ cascade, isHeld }: Deletion): Promise<void> {
    const { api, expectedState } = this.#options
    const path = pathOf(this.#object)
    const uid = (isHeld ? await hold(api, path) : await api.find(path))?.metadata.uid
    if (uid === undefined) return
    if (cascade === 'Orphan') await this.#noteOrphans(uid)
    expectedState.allowEndOf(uid)
    await api.delete(path, { preconditions: { uid }, propagationPolicy: cascade })
  }

  async #noteOrphans(uid: string): Promise<void> {
    const { api, expectedState } = this.#options
    for (const path of this.#childPaths) {
      const made = await api.find(path)
      // The garbage collector knows the owner since the creation; later writes only change the status.
      const { creationTimestamp = '', ownerReferences = [] } = made?.metadata ?? {}
      const isKnown = Date.parse(creationTimestamp) < Date.now() - KNOWN_AFTER_MS
      if (made && isKnown && ownerReferences.some((owner) => owner.uid === uid))
        expectedState.orphan(uid, made.metadata.uid)
    }
  }

  async #createAgain(): Promise<void> {
    const { api } = this.#options
    await finishDeletion({ api, path: pathOf(this.#object) })
    for (const path of this.#childPaths) await this.#deleteOrphan(path)
    await api.put(this.#object)
  }

  /** A ClusterExternalSecret does not adopt ExternalSecrets of a former one. */
  async #deleteOrphan(path: string): Promise<void> {
    const { api, expectedState } = this.#options
    const found = await api.find(path)
    if (!found || found.metadata.deletionTimestamp !== undefined) return
    const { uid } = found.metadata
    expectedState.allowEndOf(uid)
    await api.delete(path, { preconditions: { uid } })
  }
}
