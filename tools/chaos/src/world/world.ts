import { setTimeout as pause } from 'node:timers/promises'
import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { collectionPath, type Manifest, type SimulatorProcess } from '@ack-secret-manager/testbed'
import type { Ledger } from '../invariants/ledger.ts'
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
  type WorldObject,
} from './objects.ts'
import type { Action } from './action.ts'
import {
  baseKeysOf,
  FOREIGN,
  NAMESPACES,
  optionalKeysOf,
  RESOURCES,
  SHARED,
  targetOf,
  TEMPLATES,
  type WorldResource,
} from './resources.ts'
import type { Naming } from './specs.ts'
import { documentOf, kmsNameOf } from './values.ts'

const MERGE_PATCH = { contentType: 'application/merge-patch+json', deadlineMs: 5_000 }
const DEADLINE_MS = 60_000
const PAUSE_MS = 200

/** Options of {@link World}. */
export interface WorldOptions {
  readonly request: ApiRequest
  readonly simulator: SimulatorProcess
  readonly instance: InstanceAccess
  readonly ledger: Ledger
}

/** What people do to the cluster and to KMS, past the doors; each deed is noted in the ledger before it is done. */
export class World {
  readonly #request: ApiRequest
  readonly #simulator: SimulatorProcess
  readonly #instance: InstanceAccess
  readonly #ledger: Ledger
  readonly #cluster: WorldResource
  #edits = 0

  constructor({ request, simulator, instance, ledger }: WorldOptions) {
    this.#request = request
    this.#simulator = simulator
    this.#instance = instance
    this.#ledger = ledger
    const cluster = RESOURCES.find(({ kind }) => kind === 'cluster')
    if (!cluster) throw new Error('the world has no ClusterExternalSecret')
    this.#cluster = cluster
  }

  /** Puts everything there that a run starts with. */
  async populate(): Promise<void> {
    for (const namespace of NAMESPACES) {
      for (const name of [...FOREIGN, ...SHARED]) this.#noteForeign(this.#foreign(namespace, name, 0))
    }
    for (const object of surroundings(this.#cluster, this.#instance)) await this.#put(object)
    for (const resource of RESOURCES) if (resource.kind !== 'cluster') await this.#put(resourceObject(resource, false))
  }

  async do(action: Action): Promise<void> {
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
        await this.#end(secretPath(resourceAt(action.resource)))
        return
      case 'delete-resource':
        return this.#deleteResource(resourceAt(action.resource))
      case 'rename':
        return this.#rename(resourceAt(action.resource), action)
      case 'restore-names':
      case 'create-resource':
        return this.#put(resourceObject(resourceAt(action.resource), false))
      case 'suspend':
      case 'resume':
        return this.#patch(resourcePath(resourceAt(action.resource)), { spec: { suspend: action.kind === 'suspend' } })
      case 'set-extra':
        return this.#put(resourceObject(resourceAt(action.resource), action.extra))
      case 'refresh-now': {
        const annotations = { 'alibabacloud.com/refresh-now': String((this.#edits += 1)) }
        return this.#patch(resourcePath(resourceAt(action.resource)), { metadata: { annotations } })
      }
      case 'edit-foreign': {
        const object = this.#foreign(action.namespace, action.name, action.state)
        this.#noteForeign(object)
        return this.#put(object)
      }
      case 'edit-template': {
        const version = this.#ledger.rotate(TEMPLATES[action.namespace] ?? '')
        return this.#put(templateObject(action.namespace, version))
      }
      case 'delete-store':
        return this.#delete(pathOf(storeObject(action.namespace, 'kms', this.#instance)))
      case 'create-store':
        return this.#put(storeObject(action.namespace, 'kms', this.#instance))
      case 'revoke-key':
      case 'restore-key':
        await this.#simulator.control(action.kind === 'revoke-key' ? 'DELETE' : 'PUT', `/accessKeys/${ACCESS_KEY.id}`)
        return
      case 'create-namespace':
        this.#ledger.expect({ ...this.#cluster, namespace: action.namespace })
        return this.#put(namespaceObject(action.namespace, { chaos: 'yes' }))
      case 'delete-namespace':
        this.#ledger.allowEndOfNamespace(action.namespace)
        return this.#delete(`/api/v1/namespaces/${action.namespace}`)
    }
  }

  /** @param target `namespace/name`; nothing happens where that is another object by now */
  async deleteSecret(target: string, uid: string): Promise<void> {
    const [namespace = '', name = ''] = target.split('/')
    await this.#delete(`/api/v1/namespaces/${namespace}/secrets/${name}`, uid)
  }

  /** The resources as they are. */
  async reported(): Promise<readonly ReportedResource[]> {
    const path = '/apis/alibabacloud.com/v1alpha1/externalsecrets'
    return ((await this.#ask('GET', path)).body as { items: readonly ReportedResource[] }).items
  }

  async #rotate(secret: string): Promise<void> {
    const version = this.#ledger.rotate(secret)
    const text = documentOf(secret, version)
    await this.#simulator.put(kmsNameOf(secret), text, `v${version}`)
    await this.#simulator.control('PUT', `/parameters/${kmsNameOf(secret)}`, { value: text })
  }

  async #deleteAtKms(secret: string): Promise<void> {
    this.#ledger.markAbsent(secret)
    for (const kind of ['secrets', 'parameters'])
      await this.#simulator.control('DELETE', `/${kind}/${kmsNameOf(secret)}`)
  }

  #foreign(namespace: string, name: string, state: number): WorldObject {
    return foreignObject(namespace, name, state, this.#instance.clientKey)
  }

  async #editByHand(resource: WorldResource, at: number, isDrop: boolean): Promise<void> {
    const keys = baseKeysOf(resource).filter((key) => !optionalKeysOf(resource).includes(key))
    const key = keys[at % keys.length] ?? ''
    const target = targetOf(resource)
    const path = secretPath(resource)
    if (isDrop) {
      const resourceVersion = (await this.#find(path))?.metadata.resourceVersion
      if (resourceVersion === undefined) return
      this.#ledger.allowDrop(target, key, resourceVersion)
      return this.#patch(path, { metadata: { resourceVersion }, data: { [key]: null } })
    }
    const text = `by-hand-${(this.#edits += 1)}`
    this.#ledger.allowEdit(target, key, text)
    await this.#patch(path, { data: { [key]: Buffer.from(text).toString('base64') } })
  }

  async #rename(resource: WorldResource, naming: Naming): Promise<void> {
    this.#ledger.allowNames(targetOf(resource), naming)
    await this.#put(resourceObject(resource, false, naming))
  }

  async #deleteResource(resource: WorldResource): Promise<void> {
    const isMerged = resource.kind === 'merge'
    await this.#end(resourcePath(resource), () => isMerged && this.#ledger.allowRelease(targetOf(resource)))
  }

  /**
   * Deletes what is there now, and nothing that is made under its name since.
   * @param note called once, before it, where there is something
   */
  async #end(path: string, note: () => unknown = () => undefined): Promise<void> {
    const uid = (await this.#find(path))?.metadata.uid
    if (uid === undefined) return
    this.#ledger.allowEndOf(uid)
    note()
    await this.#delete(path, uid)
  }

  async #find(path: string): Promise<FoundObject | undefined> {
    const { status, body } = await this.#ask('GET', path)
    return status === 200 ? (body as FoundObject) : undefined
  }

  #noteForeign({ metadata, stringData }: WorldObject): void {
    const { theirs, secret } = stringData as { theirs?: string; secret?: string }
    this.#ledger.allowForeign(`${metadata.namespace ?? ''}/${metadata.name}`, theirs ?? secret ?? '')
  }

  async #put(object: Manifest): Promise<void> {
    const collection = collectionPath(object, 'default')
    const { status } = await this.#ask('POST', collection, object)
    if (status === 409) await this.#ask('PATCH', `${collection}/${object.metadata.name}`, object)
  }

  async #patch(path: string, patch: object): Promise<void> {
    await this.#ask('PATCH', path, patch)
  }

  async #delete(path: string, uid?: string): Promise<void> {
    await this.#ask('DELETE', path, uid === undefined ? undefined : { preconditions: { uid } })
  }

  /** Until the API server has answered: it may be under repair. Any answer that is no refusal for now is one. */
  async #ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<ApiAnswer> {
    const endMs = performance.now() + DEADLINE_MS
    for (;;) {
      try {
        const options = method === 'PATCH' ? MERGE_PATCH : { deadlineMs: MERGE_PATCH.deadlineMs }
        const answer = await this.#request(method, path, body, options)
        if (answer.status < 500 && answer.status !== 429 && answer.status !== 403) return answer
      } catch (error) {
        if (performance.now() > endMs) throw error
      }
      if (performance.now() > endMs) throw new Error(`${method} ${path}: the API server does not come back`)
      await pause(PAUSE_MS)
    }
  }
}

interface ApiAnswer {
  readonly status: number
  readonly body: unknown
}

interface FoundObject {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string }
}

function resourceAt(index: number): WorldResource {
  const resource = RESOURCES[index]
  if (!resource) throw new RangeError(`the world has no resource ${index}`)
  return resource
}

function pathOf(object: Manifest): string {
  return `${collectionPath(object, 'default')}/${object.metadata.name}`
}

function resourcePath(resource: WorldResource): string {
  return pathOf(resourceObject(resource, false))
}

function secretPath({ namespace, target }: WorldResource): string {
  return `/api/v1/namespaces/${namespace}/secrets/${target}`
}
