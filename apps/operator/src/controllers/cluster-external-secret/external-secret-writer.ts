import { SecretSyncError } from '@ack-secret-manager/core'
import {
  isKubeApiError,
  type KubeClient,
  type KubeObject,
  type ObjectMeta,
  type OwnerReference,
} from '@ack-secret-manager/k8s-client'
import { API_VERSION, GROUP, CREATED_AS_ANNOTATION, VERSION } from '@ack-secret-manager/resources'
import { merged } from './applied-metadata.ts'
import { isAsWanted, type NamespaceStep } from './namespace-plan.ts'
import { foundExternalSecretOf, madeAs } from './cached-external-secret.ts'
import { isGone } from '../shared/is-gone.ts'
import { readClusterExternalSecretOwner } from '../shared/live-owner.ts'
import { refusalOf } from '../shared/kube-request-error.ts'
import type { ClusterExternalSecretWish, SeenClusterExternalSecret } from './cached-cluster-external-secret.ts'

/** For whom, what and where. */
export interface Errand {
  readonly maker: SeenClusterExternalSecret
  readonly wish: ClusterExternalSecretWish
  readonly namespace: string
  /** There was an ExternalSecret before. */
  readonly hadOne: boolean
}

/** What was done; undefined where there was nothing to do any more, and the watch tells why. */
export type Deed = 'created' | 'updated' | 'deleted' | undefined

const MAX_ATTEMPTS = 4

/**
 * Carries out steps of a plan. Everything but a creation starts from a fresh read and names what was read as its
 * precondition: nothing of somebody else is ever overwritten or deleted.
 */
export class ClusterExternalSecretWriter {
  readonly #client: KubeClient

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** @throws SecretSyncError `WriteDenied` | `WriteFailed` | `Unavailable` | what the client throws when there was no answer */
  async carryOut(step: NamespaceStep, errand: Errand, signal: AbortSignal): Promise<Deed> {
    try {
      switch (step.kind) {
        case 'create':
          return await this.#create(errand, signal)
        case 'update':
          return await untilUnchanged(() => this.#update(errand, signal))
        case 'delete':
          return await untilUnchanged(() => this.#delete(step.name, errand, signal))
        default:
          return undefined
      }
    } catch (error) {
      if (isOvertaken(error, step)) return undefined
      throw refusalOf(error, `${step.kind} ExternalSecret of ${errand.maker.name} in ${errand.namespace}`)
    }
  }

  async #create(errand: Errand, signal: AbortSignal): Promise<Deed> {
    const { maker, wish, namespace, hadOne } = errand
    if (hadOne && !(await this.#isLive(maker, signal))) return undefined
    const metadata = { name: wish.wanted.name, namespace }
    const object = revised({ apiVersion: API_VERSION, kind: 'ExternalSecret', metadata }, errand)
    checkKept(await this.#client.create(collection(namespace), object, { signal }), errand)
    return 'created'
  }

  /**
   * What was there before may have gone with its owner, whose deletion another watch reports: the garbage collector would delete
   * what is made then. A first ExternalSecret is exempt: five thousand namespaces would be as many reads.
   */
  async #isLive({ name, uid }: SeenClusterExternalSecret, signal: AbortSignal): Promise<boolean> {
    const owner = await readClusterExternalSecretOwner(this.#client, name, signal)
    return owner?.uid === uid && !owner.terminating
  }

  async #update(errand: Errand, signal: AbortSignal): Promise<Deed> {
    const { maker, wish, namespace } = errand
    const path = `${collection(namespace)}/${wish.wanted.name}`
    const current = await this.#client.get(path, { signal })
    const found = foundExternalSecretOf(current)
    if (found.terminating || found.makerUid !== maker.uid || isAsWanted(found, wish.wanted)) return undefined
    checkKept(await this.#client.update(path, revised(current, errand), { signal }), errand)
    return 'updated'
  }

  async #delete(name: string, { maker, namespace }: Errand, signal: AbortSignal): Promise<Deed> {
    const path = `${collection(namespace)}/${name}`
    const current = await this.#client.get(path, { signal })
    const { makerUid, marked, terminating } = foundExternalSecretOf(current)
    if (makerUid !== maker.uid || !marked || terminating) return undefined
    const { uid = '', resourceVersion = '' } = current.metadata
    await this.#client.delete(path, { preconditions: { uid, resourceVersion }, signal })
    return 'deleted'
  }
}

function collection(namespace: string): string {
  return `/apis/${GROUP}/${VERSION}/namespaces/${namespace}/externalsecrets`
}

/** An ExternalSecret as it should be. Everything that is not ours to say stays. */
function revised(current: KubeObject, { maker, wish }: Errand): KubeObject {
  const { labels = {}, annotations = {}, ownerReferences = [] } = current.metadata
  const said = merged({ labels, annotations }, wish.wanted)
  const metadata: ObjectMeta = {
    ...current.metadata,
    ...said,
    annotations: { ...said.annotations, [CREATED_AS_ANNOTATION]: madeAs(current.metadata) },
    ownerReferences: [...ownerReferences.filter(({ uid }) => uid !== maker.uid), referenceTo(maker)],
  }
  return { ...current, metadata, spec: wish.spec }
}

/**
 * Kubernetes deletes what was made when its maker goes. The maker does not wait for it: that would need a right on its
 * finalizers where the admission plugin OwnerReferencesPermissionEnforcement is on.
 */
function referenceTo({ name, uid }: SeenClusterExternalSecret): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterExternalSecret',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: false,
  }
}

/** Otherwise it would be written again and again. @throws SecretSyncError `WriteFailed` */
function checkKept(answer: KubeObject, { wish, namespace }: Errand): void {
  if (isAsWanted(foundExternalSecretOf(answer), wish.wanted)) return
  throw new SecretSyncError(
    'WriteFailed',
    `ExternalSecret ${namespace}/${wish.wanted.name}: the API server keeps something else than was written; look for an admission webhook that changes it, or install the CRDs of this version`,
  )
}

/** Somebody else was faster; the watch brings what is there now. */
function isOvertaken(error: unknown, { kind }: NamespaceStep): boolean {
  if (isGone(error) || (kind === 'create' && isKubeApiError(error, 409))) return true
  return isKubeApiError(error, 403) && error.causes.some(({ reason }) => reason === 'NamespaceTerminating')
}

/** Tries again, from a fresh read, where the object was written in between: mostly it was only its status. */
async function untilUnchanged(attempt: () => Promise<Deed>): Promise<Deed> {
  for (let left = MAX_ATTEMPTS; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!isKubeApiError(error, 409) || left === 1) throw error
    }
  }
}
