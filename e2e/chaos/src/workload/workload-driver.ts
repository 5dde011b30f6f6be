import type { ApiRequest } from '@ack-secret-manager/control-plane'
import type { SimulatorProcess } from '@ack-secret-manager/testenv'
import type { ExpectedState } from '../invariants/expected-state.ts'
import type { ReportedResource } from '../invariants/unready.ts'
import {
  ACCESS_KEY,
  foreignObject,
  type InstanceAccess,
  namespaceObject,
  resourceObject,
  storeObject,
  surroundings,
  templateObject,
  type AnyManifest,
} from './objects.ts'
import { type Action, type Deletion, isClusterAction, isLargeAction } from './action.ts'
import { ClusterExternalSecretDriver } from './cluster-external-secret.ts'
import { deleteResource, type DeletionTarget, finishDeletion } from './deletion.ts'
import { LARGE_NAMESPACE } from './large.ts'
import { LargeTenant } from './large-tenant.ts'
import { removalPatch } from './metadata-removal.ts'
import { RetryingApi, pathOf } from './retrying-api.ts'
import {
  baseKeysOf,
  FOREIGN,
  NAMESPACES,
  optionalKeysOf,
  RESOURCES,
  SHARED,
  targetOf,
  TEMPLATES,
  type ChaosResource,
} from './resources.ts'
import type { Naming } from './specs.ts'
import { documentOf, kmsNameOf } from './values.ts'

/** Options of {@link WorkloadDriver}. */
export interface WorkloadDriverOptions {
  readonly request: ApiRequest
  readonly simulator: SimulatorProcess
  readonly instance: InstanceAccess
  readonly expectedState: ExpectedState
  /** Create objects near the size limits and documents that are costly to parse. */
  readonly large: boolean
}

/** Runs the actions of users on the cluster and on KMS without proxies. Records each in the expected state before it happens. */
export class WorkloadDriver {
  readonly #api: RetryingApi
  readonly #simulator: SimulatorProcess
  readonly #instance: InstanceAccess
  readonly #expectedState: ExpectedState
  readonly #cluster: ChaosResource
  readonly #isLarge: boolean
  readonly #largeTenant: LargeTenant
  readonly #clusterMaker: ClusterExternalSecretDriver
  #edits = 0
  /** Resources that are created again after their deletion completes, by index. */
  readonly #returning = new Map<number, Promise<void>>()

  constructor({ request, simulator, instance, expectedState, large }: WorkloadDriverOptions) {
    this.#api = new RetryingApi(request)
    this.#isLarge = large
    this.#largeTenant = new LargeTenant({ api: this.#api, simulator, expectedState })
    this.#simulator = simulator
    this.#instance = instance
    this.#expectedState = expectedState
    const cluster = RESOURCES.find(({ kind }) => kind === 'cluster')
    if (!cluster) throw new Error('the workload has no ClusterExternalSecret')
    this.#cluster = cluster
    this.#clusterMaker = new ClusterExternalSecretDriver({ api: this.#api, expectedState, resource: cluster })
  }

  /** Creates all initial objects. */
  async populate(): Promise<void> {
    for (const namespace of NAMESPACES) {
      for (const name of [...FOREIGN, ...SHARED]) this.#noteForeign(this.#foreign(namespace, name, 0))
    }
    for (const object of surroundings(this.#cluster, this.#instance)) await this.#api.put(object)
    for (const resource of RESOURCES)
      if (resource.kind !== 'cluster') await this.#api.put(resourceObject(resource, false))
    if (this.#isLarge) await this.#populateLarge()
  }

  async #populateLarge(): Promise<void> {
    const credential = this.#foreign(LARGE_NAMESPACE, 'kms-key', 0)
    this.#noteForeign(credential)
    const store = storeObject(LARGE_NAMESPACE, 'kms', this.#instance)
    for (const object of [namespaceObject(LARGE_NAMESPACE), credential, store]) await this.#api.put(object)
    await this.#largeTenant.populate()
  }

  async do(action: Action): Promise<void> {
    if ('resource' in action) await this.#returning.get(action.resource)
    if (isLargeAction(action)) return this.#largeTenant.do(action)
    if (isClusterAction(action)) return this.#clusterMaker.do(action)
    switch (action.kind) {
      case 'rotate':
      case 'restore-at-kms':
        return this.#rotate(action.secret)
      case 'delete-at-kms':
        return this.#deleteAtKms(action.secret)
      case 'edit':
      case 'drop-key':
        return this.#editByHand(resourceAt(action.resource), action.key, action.kind === 'drop-key')
      case 'delete-secret':
        return this.#deleteSecret(resourceAt(action.resource))
      case 'remove-metadata': {
        const resource = resourceAt(action.resource)
        const path = secretPath(resource)
        const found = await this.#api.find(path)
        if (action.what !== 'labels') this.#expectedState.recordsRemoved(targetOf(resource))
        return found && this.#api.patch(path, removalPatch(found, action.what, action.at))
      }
      case 'delete-resource':
        return this.#deleteResource(resourceAt(action.resource), action)
      case 'rename':
        return this.#rename(resourceAt(action.resource), action)
      case 'create-resource':
        return this.#createAgain(action.resource)
      case 'restore-names':
        return this.#api.put(resourceObject(resourceAt(action.resource), false))
      case 'suspend':
      case 'resume': {
        const spec = { suspend: action.kind === 'suspend' }
        return this.#api.patch(resourcePath(resourceAt(action.resource)), { spec })
      }
      case 'set-extra':
        return this.#api.put(resourceObject(resourceAt(action.resource), action.extra))
      case 'refresh-now': {
        const annotations = { 'alibabacloud.com/refresh-now': String((this.#edits += 1)) }
        return this.#api.patch(resourcePath(resourceAt(action.resource)), { metadata: { annotations } })
      }
      case 'edit-foreign': {
        const object = this.#foreign(action.namespace, action.name, action.state)
        this.#noteForeign(object)
        return this.#api.put(object)
      }
      case 'edit-template': {
        const version = this.#expectedState.rotate(TEMPLATES[action.namespace] ?? '')
        return this.#api.put(templateObject(action.namespace, version))
      }
      case 'delete-store':
        return this.#api.delete(pathOf(storeObject(action.namespace, 'kms', this.#instance)))
      case 'create-store':
        return this.#api.put(storeObject(action.namespace, 'kms', this.#instance))
      case 'revoke-key':
      case 'restore-key':
        await this.#simulator.control(action.kind === 'revoke-key' ? 'DELETE' : 'PUT', `/accessKeys/${ACCESS_KEY.id}`)
        return
      case 'create-namespace':
        this.#expectedState.expect({ ...this.#cluster, namespace: action.namespace })
        return this.#api.put(namespaceObject(action.namespace, { chaos: 'yes' }))
      case 'delete-namespace':
        this.#expectedState.allowEndOfNamespace(action.namespace)
        return this.#api.delete(`/api/v1/namespaces/${action.namespace}`)
    }
  }

  /** Resolves when all temporarily deleted objects exist again. */
  async complete(): Promise<void> {
    await Promise.all([...this.#returning.values(), this.#clusterMaker.returned])
  }

  /** Deletes the Secret with that uid. @param target `namespace/name` */
  async deleteSecret(target: string, uid: string): Promise<void> {
    const [namespace = '', name = ''] = target.split('/')
    await this.#api.delete(`/api/v1/namespaces/${namespace}/secrets/${name}`, { preconditions: { uid } })
  }

  /** Deletes an ExternalSecret whose deleted owner the garbage collector missed. */
  async deleteOverlooked({ namespace, name, uid }: ReportedResource['metadata']): Promise<void> {
    const path = resourcePath({ ...this.#cluster, namespace, name })
    await this.#api.delete(path, { preconditions: { uid } })
  }

  /** The current ExternalSecrets. */
  async reported(): Promise<readonly ReportedResource[]> {
    const path = '/apis/alibabacloud.com/v1alpha1/externalsecrets'
    return ((await this.#api.ask('GET', path)).body as { items: readonly ReportedResource[] }).items
  }

  async #rotate(secret: string): Promise<void> {
    const version = this.#expectedState.rotate(secret)
    const text = documentOf(secret, version)
    await this.#simulator.put(kmsNameOf(secret), text, `v${version}`)
    await this.#simulator.control('PUT', `/parameters/${kmsNameOf(secret)}`, { value: text })
  }

  async #deleteAtKms(secret: string): Promise<void> {
    this.#expectedState.markAbsent(secret)
    for (const kind of ['secrets', 'parameters'])
      await this.#simulator.control('DELETE', `/${kind}/${kmsNameOf(secret)}`)
  }

  #foreign(namespace: string, name: string, state: number): AnyManifest {
    return foreignObject(namespace, name, state, this.#instance.clientKey)
  }

  async #editByHand(resource: ChaosResource, at: number, isDrop: boolean): Promise<void> {
    const keys = baseKeysOf(resource).filter((key) => !optionalKeysOf(resource).includes(key))
    const key = keys[at % keys.length] ?? ''
    const target = targetOf(resource)
    const path = secretPath(resource)
    if (isDrop) {
      const resourceVersion = (await this.#api.find(path))?.metadata.resourceVersion
      if (resourceVersion === undefined) return
      this.#expectedState.allowDrop(target, key, resourceVersion)
      return this.#api.patch(path, { metadata: { resourceVersion }, data: { [key]: null } })
    }
    const text = `by-hand-${(this.#edits += 1)}`
    this.#expectedState.allowEdit(target, key, text)
    await this.#api.patch(path, { data: { [key]: Buffer.from(text).toString('base64') } })
  }

  async #rename(resource: ChaosResource, naming: Naming): Promise<void> {
    this.#expectedState.allowNames(targetOf(resource), naming)
    await this.#api.put(resourceObject(resource, false, naming))
  }

  async #deleteResource(resource: ChaosResource, deletion: Deletion): Promise<void> {
    const isMerged = resource.kind === 'merge'
    await deleteResource(this.#deletionOf(resource), deletion, () => {
      if (isMerged) this.#expectedState.allowRelease(targetOf(resource))
    })
  }

  /** Returns at once, because the garbage collector decides how long an object terminates. */
  #createAgain(index: number): void {
    const resource = resourceAt(index)
    const returning = finishDeletion(this.#deletionOf(resource)).then(() =>
      this.#api.put(resourceObject(resource, false)),
    )
    // `do` and `complete` await the promise and throw what fails.
    returning.catch(() => undefined)
    this.#returning.set(index, returning)
  }

  #deletionOf(resource: ChaosResource): DeletionTarget {
    const [path, secret] = [resourcePath(resource), secretPath(resource)]
    return { api: this.#api, expectedState: this.#expectedState, path, secretPath: secret }
  }

  /** Deletes the Secret that exists now, and none that is created later under its name. */
  async #deleteSecret(resource: ChaosResource): Promise<void> {
    const path = secretPath(resource)
    const uid = (await this.#api.find(path))?.metadata.uid
    if (uid === undefined) return
    this.#expectedState.allowEndOf(uid)
    await this.#api.delete(path, { preconditions: { uid } })
  }

  #noteForeign({ metadata, stringData }: AnyManifest): void {
    const { theirs, secret } = stringData as { theirs?: string; secret?: string }
    this.#expectedState.allowForeign(`${metadata.namespace ?? ''}/${metadata.name}`, theirs ?? secret ?? '')
  }
}

function resourceAt(index: number): ChaosResource {
  const resource = RESOURCES[index]
  if (!resource) throw new RangeError(`the workload has no resource ${index}`)
  return resource
}

function resourcePath(resource: ChaosResource): string {
  return pathOf(resourceObject(resource, false))
}

function secretPath({ namespace, target }: ChaosResource): string {
  return `/api/v1/namespaces/${namespace}/secrets/${target}`
}
