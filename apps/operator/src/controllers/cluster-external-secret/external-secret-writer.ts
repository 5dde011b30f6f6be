import { SecretSyncError } from '@ack-secret-manager/core'
import {
  inNamespace,
  isKubeApiError,
  type KubeClient,
  type KubeObject,
  type ObjectMeta,
  type OwnerReference,
} from '@ack-secret-manager/k8s-client'
import { API_VERSION, CREATED_AS_ANNOTATION, resourcePath, resourcesPath } from '@ack-secret-manager/resources'
import { mergeMetadata } from './applied-metadata.ts'
import { isUpToDate, type NamespaceStep } from './namespace-plan.ts'
import { type CachedExternalSecret, toCachedExternalSecret, createdAs } from './cached-external-secret.ts'
import { isGone } from '../shared/is-gone.ts'
import { readLiveMetadata, readLiveOwner } from '../shared/live-owner.ts'
import { type Namespace, NAMESPACES_PATH, toNamespace } from '../shared/namespaces.ts'
import { kubeRequestError } from '../shared/kube-request-error.ts'
import type { DesiredExternalSecrets, CachedClusterExternalSecret } from './cached-cluster-external-secret.ts'

/** The owner, desired content and namespace of a write. */
export interface WriteRequest {
  readonly owner: CachedClusterExternalSecret
  readonly desired: DesiredExternalSecrets
  readonly namespace: string
  /** The namespace had this ExternalSecret before. */
  readonly existedBefore: boolean
  /** Whether the caches still give the same step, also with this state of the namespace. */
  readonly isStillPlanned: (live: Namespace) => boolean
}

/** The completed write; undefined if it was no longer needed. */
export type Operation = 'created' | 'updated' | 'deleted' | undefined

const MAX_ATTEMPTS = 4

const SECRETS_PATH = '/api/v1/secrets'

/**
 * Executes the steps of a plan. Updates and deletions use a fresh read as their precondition, so an ExternalSecret of another owner
 * is never overwritten or deleted.
 */
export class ExternalSecretWriter {
  readonly #client: KubeClient
  /** Specs that were current. While this process leads, no other one writes what a newer one says. */
  readonly #confirmed = new WeakSet<DesiredExternalSecrets>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** @throws SecretSyncError `WriteDenied` | `WriteFailed` | `Unavailable` | the error of the client if there was no response */
  async execute(step: NamespaceStep, request: WriteRequest, signal: AbortSignal): Promise<Operation> {
    try {
      switch (step.kind) {
        case 'create':
          return await this.#create(request, signal)
        case 'update':
          return await retryOnConflict(() => this.#update(request, signal))
        case 'retain':
          return await retryOnConflict(() => this.#retain(step.name, request, signal))
        case 'delete':
          return await retryOnConflict(() => this.#delete(step.name, request, signal))
        default:
          return undefined
      }
    } catch (error) {
      if (isSuperseded(error, step)) return undefined
      throw kubeRequestError(error, `${step.kind} ExternalSecret of ${request.owner.name} in ${request.namespace}`)
    }
  }

  async #create(request: WriteRequest, signal: AbortSignal): Promise<Operation> {
    const { owner, desired, namespace, existedBefore } = request
    if (existedBefore && !(await this.#isLive(owner, signal))) return undefined
    const metadata = { name: desired.externalSecret.name, namespace }
    const object = withDesiredContent({ apiVersion: API_VERSION, kind: 'ExternalSecret', metadata }, request)
    const response = await this.#client.create(resourcesPath('ExternalSecret', namespace), object, { signal })
    assertStored(response, (stored) => isUpToDate(stored, desired.externalSecret))
    return 'created'
  }

  /**
   * An ExternalSecret may have disappeared because its owner was deleted; the garbage collector would then delete the new one as
   * well. Checked only for recreations, because a rollout to five thousand namespaces would cost as many reads.
   */
  async #isLive({ name, uid }: CachedClusterExternalSecret, signal: AbortSignal): Promise<boolean> {
    const owner = await readLiveOwner(this.#client, resourcesPath('ClusterExternalSecret'), name, signal)
    return owner?.uid === uid && !owner.terminating
  }

  async #update(request: WriteRequest, signal: AbortSignal): Promise<Operation> {
    const { owner, desired, namespace } = request
    const path = resourcePath('ExternalSecret', namespace, desired.externalSecret.name)
    const current = await this.#client.get(path, { signal })
    const cached = toCachedExternalSecret(current)
    if (cached.terminating || cached.ownerUid !== owner.uid || isUpToDate(cached, desired.externalSecret))
      return undefined
    if (!this.#confirmed.has(desired) && !(await this.#isCurrent(owner, signal))) return undefined
    this.#confirmed.add(desired)
    const response = await this.#client.update(path, withDesiredContent(current, request), { signal })
    assertStored(response, (stored) => isUpToDate(stored, desired.externalSecret))
    return 'updated'
  }

  /** Changes nothing else, because the ExternalSecret is no longer needed. */
  async #retain(name: string, { owner, namespace }: WriteRequest, signal: AbortSignal): Promise<Operation> {
    const path = resourcePath('ExternalSecret', namespace, name)
    const current = await this.#client.get(path, { signal })
    const cached = toCachedExternalSecret(current)
    if (!mayDelete(cached, owner) || cached.retention !== 'unset') return undefined
    const spec = current['spec'] as { readonly target?: object } | undefined
    const retained = { ...current, spec: { ...spec, target: { ...spec?.target, deletionPolicy: 'Retain' } } }
    assertStored(await this.#client.update(path, retained, { signal }), ({ retention }) => retention !== 'unset')
    return 'updated'
  }

  async #delete(name: string, request: WriteRequest, signal: AbortSignal): Promise<Operation> {
    const { owner, desired, namespace } = request
    const path = resourcePath('ExternalSecret', namespace, name)
    const current = await this.#client.get(path, { signal })
    const cached = toCachedExternalSecret(current)
    if (!mayDelete(cached, owner)) return undefined
    if (desired.externalSecret.isRetained && cached.retention !== 'recorded') return undefined
    if (desired.externalSecret.isRetained) await this.#assertRetained(current, signal)
    if (!(await this.#isConfirmed(request, signal))) return undefined
    const { uid = '', resourceVersion = '' } = current.metadata
    await this.#client.delete(path, { preconditions: { uid, resourceVersion }, signal })
    return 'deleted'
  }

  /**
   * The caches of ClusterExternalSecrets and namespaces may lag behind each other, and the selection may have changed during the read. A wrong
   * deletion loses the Secret, with its generated values.
   */
  async #isConfirmed({ owner, namespace, isStillPlanned }: WriteRequest, signal: AbortSignal): Promise<boolean> {
    const [isCurrent, liveNamespace] = await Promise.all([
      this.#isCurrent(owner, signal),
      readLiveMetadata(this.#client, NAMESPACES_PATH, namespace, signal),
    ])
    return isCurrent && liveNamespace !== undefined && isStillPlanned(toNamespace(liveNamespace))
  }

  /** Whether the cached spec is the latest. By an outdated one, a new leader would undo what the former one has written. */
  async #isCurrent({ name, uid, generation }: CachedClusterExternalSecret, signal: AbortSignal): Promise<boolean> {
    const live = await readLiveMetadata(this.#client, resourcesPath('ClusterExternalSecret'), name, signal)
    return live?.uid === uid && live.generation === generation
  }

  /**
   * The garbage collector deletes a Secret by its ownerReference. A status does not prove that the reference was removed: reads that wait for
   * a limit, for example, are reported before the Secret is written.
   * @throws SecretSyncError `WriteFailed`
   */
  async #assertRetained({ metadata, spec, status }: KubeObject, signal: AbortSignal): Promise<void> {
    const { namespace = '', name = '', uid } = metadata
    const targets = [spec, status].map((part) => (part as HasTarget | undefined)?.target?.name || name)
    for (const target of new Set(targets)) {
      // oxlint-disable-next-line no-await-in-loop -- two at most
      const secret = await readLiveMetadata(this.#client, inNamespace(SECRETS_PATH, namespace), target, signal)
      if (secret?.ownerReferences?.some((reference) => reference.uid === uid) !== true) continue
      const why = `its Secret ${target} does not have deletionPolicy Retain yet, see the status of the ExternalSecret`
      throw new SecretSyncError('WriteFailed', `ExternalSecret ${namespace}/${name} is not deleted: ${why}`)
    }
  }
}

interface HasTarget {
  readonly target?: { readonly name?: string } | null
}

/** Without the created-as annotation it may be a user's copy. */
function mayDelete({ ownerUid, createdHere, terminating }: CachedExternalSecret, owner: { readonly uid: string }) {
  return ownerUid === owner.uid && createdHere && !terminating
}

/** The ExternalSecret with the desired content; fields that the ClusterExternalSecret does not manage are kept. */
function withDesiredContent(current: KubeObject, { owner, desired }: WriteRequest): KubeObject {
  const { labels = {}, annotations = {}, ownerReferences = [] } = current.metadata
  const merged = mergeMetadata({ labels, annotations }, desired.externalSecret)
  const metadata: ObjectMeta = {
    ...current.metadata,
    ...merged,
    annotations: { ...merged.annotations, [CREATED_AS_ANNOTATION]: createdAs(current.metadata) },
    ownerReferences: [...ownerReferences.filter(({ uid }) => uid !== owner.uid), referenceTo(owner)],
  }
  return { ...current, metadata, spec: desired.spec }
}

/**
 * Lets the garbage collector delete the ExternalSecret with its owner. Without blockOwnerDeletion, which the admission plugin
 * OwnerReferencesPermissionEnforcement allows only with a permission on the owner's finalizers.
 */
function referenceTo({ name, uid }: CachedClusterExternalSecret): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterExternalSecret',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: false,
  }
}

/**
 * Fails if a webhook or an old CRD changed the written object, because updates would repeat forever.
 * @throws SecretSyncError `WriteFailed`
 */
function assertStored(response: KubeObject, isStored: (stored: CachedExternalSecret) => boolean): void {
  if (isStored(toCachedExternalSecret(response))) return
  const { namespace, name } = response.metadata
  throw new SecretSyncError(
    'WriteFailed',
    `ExternalSecret ${namespace}/${name}: the API server stored other content than was written; check for an admission webhook that changes it, or install the CRDs of this version`,
  )
}

/** Whether another client changed or deleted the object, or its namespace is being deleted; the watch delivers the new state. */
function isSuperseded(error: unknown, { kind }: NamespaceStep): boolean {
  if (isGone(error) || (kind === 'create' && isKubeApiError(error, 409))) return true
  return isKubeApiError(error, 403) && error.causes.some(({ reason }) => reason === 'NamespaceTerminating')
}

/** Retries with a fresh read after a conflict, which usually is a status update. */
async function retryOnConflict(attempt: () => Promise<Operation>): Promise<Operation> {
  for (let left = MAX_ATTEMPTS; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!isKubeApiError(error, 409) || left === 1) throw error
    }
  }
}
