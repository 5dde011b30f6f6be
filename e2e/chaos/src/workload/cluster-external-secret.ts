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
  /** One of the ExternalSecrets that it makes. */
  readonly resource: ChaosResource
}

/** The ClusterExternalSecret, which users delete with each cascade and create again. */
export class ClusterExternalSecretDriver {
  readonly #options: ClusterExternalSecretDriverOptions
  readonly #object: AnyManifest
  /** Of the ExternalSecrets that it makes. */
  readonly #madePaths: readonly string[]
  #returned: Promise<void> = Promise.resolve()

  constructor(options: ClusterExternalSecretDriverOptions) {
    this.#options = options
    this.#object = clusterObject(options.resource)
    const made = RESOURCES.filter(({ kind }) => kind === 'cluster')
    this.#madePaths = made.map((each) => pathOf(resourceObject(each, false)))
  }

  /** Resolves when it has been created again. */
  get returned(): Promise<void> {
    return this.#returned
  }

  /** A creation goes on in the background, because the garbage collector decides how long an object terminates. */
  async do(action: ClusterAction): Promise<void> {
    await this.#returned
    if (action.kind === 'delete-cluster') return this.#delete(action)
    this.#returned = this.#createAgain()
    // `returned` throws what fails.
    this.#returned.catch(() => undefined)
  }

  /** What it made goes with it, or stays. */
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
    for (const path of this.#madePaths) {
      const made = await api.find(path)
      // Its owner is known since its creation: later writes are those of its status.
      const { creationTimestamp = '', ownerReferences = [] } = made?.metadata ?? {}
      const isKnown = Date.parse(creationTimestamp) < Date.now() - KNOWN_AFTER_MS
      if (made && isKnown && ownerReferences.some((owner) => owner.uid === uid))
        expectedState.orphan(uid, made.metadata.uid)
    }
  }

  async #createAgain(): Promise<void> {
    const { api } = this.#options
    await finishDeletion({ api, path: pathOf(this.#object) })
    for (const path of this.#madePaths) await this.#deleteOrphan(path)
    await api.put(this.#object)
  }

  /** A ClusterExternalSecret does not take over what another one has left. */
  async #deleteOrphan(path: string): Promise<void> {
    const { api, expectedState } = this.#options
    const found = await api.find(path)
    if (!found || found.metadata.deletionTimestamp !== undefined) return
    const { uid } = found.metadata
    expectedState.allowEndOf(uid)
    await api.delete(path, { preconditions: { uid } })
  }
}
