import type { ApiRequest } from '@ack-secret-manager/control-plane'
import {
  collectionPath,
  documentOf,
  forEachIndex,
  type Manifest,
  nameOf,
  secretNameOf,
  type SimulatorProcess,
  storeManifests,
  until,
} from '@ack-secret-manager/testenv'
import type { TcpRelay } from '@ack-secret-manager/test-support/fault-proxy'
import { type Operation, NAMESPACES } from './churn.ts'
import {
  CLUSTER_OBJECT,
  credentialObject,
  namespaceObjects,
  namespaceOf,
  OTHER_KEY,
  PASSED_OVER,
  resourceObject,
  SELECTED,
  specChange,
  storeChange,
  templatesObject,
} from './soak-objects.ts'

/** Options of a {@link SoakEnvironment}. */
export interface SoakEnvironmentOptions {
  readonly request: ApiRequest
  readonly simulator: SimulatorProcess
  readonly resources: number
  /** Proxy between the operator and the API server. */
  readonly relay: Pick<TcpRelay, 'cut' | 'restore'>
}

const REQUEST_DEADLINE_MS = 20_000
const FAULTS = ['throttle', 'http503', 'deny'] as const
/** ExternalSecrets in a namespace that is deleted and recreated. */
const EXTRA_RESOURCES = 5
const CONCURRENCY = 16

/** Operations of users on the cluster and KMS during a soak. */
export class SoakEnvironment {
  readonly #options: SoakEnvironmentOptions
  readonly #revisions: number[]

  constructor(options: SoakEnvironmentOptions) {
    this.#options = options
    this.#revisions = Array<number>(options.resources).fill(0)
  }

  /** Revision of each secret in KMS, by index. */
  get revisions(): readonly number[] {
    return this.#revisions
  }

  /** Creates all initial objects of a run. */
  async populate(): Promise<void> {
    const { simulator, resources } = this.#options
    const allow = [{ actions: ['kms:GetSecretValue'], resources: ['many/*'] }]
    await simulator.control('PUT', `/accessKeys/${OTHER_KEY.id}`, { secret: OTHER_KEY.secret, allow })
    for (let index = 0; index < NAMESPACES; index += 1) await this.#putAll(namespaceObjects(namespaceOf(index)))
    await forEachIndex(resources, CONCURRENCY, (index) => this.#put(resourceObject(index, resources)))
    await this.#put(CLUSTER_OBJECT)
  }

  /** Ends faults that do not end by themselves. */
  async calm(): Promise<void> {
    await this.#options.simulator.control('DELETE', '/faults')
  }

  /** @throws Error if the API server or the simulator is not available again in time */
  async do({ kind, index, phase }: Operation): Promise<void> {
    const { simulator, resources, relay } = this.#options
    const isBegin = phase === 'begin'
    const name = nameOf(index)
    const namespace = namespaceOf(index)
    const secretPath = `/api/v1/namespaces/${namespace}/secrets/${name}`
    const [credential, store] = storeManifests() as [Manifest, Manifest]
    switch (kind) {
      case 'rotate':
        this.#revisions[index] = this.#revisionOf(index) + 1
        return this.#putValue(index)
      case 'fail-reads': {
        const match = { secret: secretNameOf(index) }
        const fault = FAULTS[index % FAULTS.length]
        return void (await simulator.control('POST', '/faults', { fault, match, count: 1 + (index % 2) }))
      }
      case 'lose-secret':
        if (!isBegin) return this.#putValue(index)
        return void (await simulator.control('DELETE', `/secrets/${secretNameOf(index)}`))
      case 'edit-by-hand':
        return this.#patch(secretPath, { stringData: { password: 'edited by hand' } })
      case 'delete-by-hand':
        return this.#delete(secretPath)
      case 'delete-resource':
        return this.#putOrDelete(resourceObject(index, resources), !isBegin)
      case 'change-spec':
        return this.#patch(pathOf(resourceObject(index, resources), namespace), specChange(index, resources, isBegin))
      case 'change-templates':
        return this.#put(templatesObject(isBegin ? 1 : 0), namespace)
      case 'change-credential':
        return this.#put(isBegin ? credentialObject(credential.metadata.name) : credential, namespace)
      case 'change-store':
        return this.#patch(pathOf(store, namespace), storeChange(isBegin))
      case 'delete-store':
        return this.#putOrDelete(store, !isBegin, namespace)
      case 'deselect':
        return this.#patch(`/api/v1/namespaces/${namespace}`, {
          metadata: { labels: isBegin ? PASSED_OVER : SELECTED },
        })
      case 'add-namespace': {
        const extra = `soak-extra-${index}`
        if (!isBegin) return this.#delete(`/api/v1/namespaces/${extra}`)
        await this.#putAll(namespaceObjects(extra))
        const some = Array.from({ length: Math.min(EXTRA_RESOURCES, resources) }, (_, at) => at)
        return this.#putAll(some.map((at) => resourceObject(at, resources, extra)))
      }
      case 'cut-connections':
        return isBegin ? relay.cut() : relay.restore()
    }
  }

  #revisionOf(index: number): number {
    return this.#revisions[index] ?? 0
  }

  #putValue(index: number): Promise<void> {
    const revision = this.#revisionOf(index)
    return this.#options.simulator.put(secretNameOf(index), documentOf(index, revision), `revision-${revision}`)
  }

  async #putAll(objects: readonly Manifest[]): Promise<void> {
    for (const object of objects) await this.#put(object)
  }

  #putOrDelete(object: Manifest, isThere: boolean, namespace?: string): Promise<void> {
    return isThere ? this.#put(object, namespace) : this.#delete(pathOf(object, namespace))
  }

  async #put(object: Manifest, namespace?: string): Promise<void> {
    const status = await this.#ask('POST', collectionPath(object, namespace ?? 'default'), object)
    if (status === 409) await this.#patch(pathOf(object, namespace), object)
    // A bug of the soak itself; 403 is the response for a terminating namespace.
    if (status === 400 || status === 422) throw new Error(`${pathOf(object, namespace)}: HTTP ${status}`)
  }

  async #patch(path: string, patch: object): Promise<void> {
    await this.#ask('PATCH', path, patch)
  }

  async #delete(path: string): Promise<void> {
    await this.#ask('DELETE', path)
  }

  /** Retries until there is a response. A deleted or immutable object may reject the operation. */
  #ask(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<number> {
    return until(`${method} ${path} is answered`, async () => {
      try {
        const { status } = await this.#options.request(method, path, body, { deadlineMs: REQUEST_DEADLINE_MS })
        return status < 500 && status !== 429 ? status : undefined
      } catch {
        return undefined // Retried until the deadline of `until`.
      }
    })
  }
}

function pathOf(object: Manifest, namespace: string = 'default'): string {
  return `${collectionPath(object, namespace)}/${object.metadata.name}`
}
