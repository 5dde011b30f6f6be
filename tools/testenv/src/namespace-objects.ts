import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { apply, until } from './manifests.ts'
import { collect } from '@ack-secret-manager/test-support/canary'

/** A Secret from the API server. */
export interface KubeSecret {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly object[]
  }
  readonly data?: Readonly<Record<string, string>>
}

/** The Ready condition of a resource. */
export interface ReadyCondition {
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** An object to apply. */
export interface AppliedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly object[]
  }
  readonly [field: string]: unknown
}

const API = '/apis/alibabacloud.com/v1alpha1'
const EVENTS = '/apis/events.k8s.io/v1/namespaces'

/** Access to the namespace of a test. */
export interface TestNamespace {
  readonly kubeconfigPath: string
  readonly request: ApiRequest
  readonly namespace: string
}

/** Applies, reads and waits for the objects of one test in its namespace. */
export class NamespaceObjects {
  readonly cluster: TestNamespace

  constructor(cluster: TestNamespace) {
    this.cluster = cluster
  }

  async apply(kind: string, name: string, spec: object): Promise<void> {
    await this.applyObject({ apiVersion: 'alibabacloud.com/v1alpha1', kind, metadata: { name }, spec })
  }

  async applyObject(object: AppliedObject): Promise<void> {
    await apply(this.cluster.request, object, this.cluster.namespace)
  }

  /** Creates or changes a Secret that no operator manages. */
  async putSecret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    await this.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData })
  }

  async serviceAccount(name: string, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.applyObject({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, annotations } })
  }

  async labelNamespace(labels: Readonly<Record<string, string>>): Promise<void> {
    const { request, namespace } = this.cluster
    await request('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { labels } })
  }

  async secret(name: string): Promise<KubeSecret | undefined> {
    const { status, body } = await this.cluster.request<KubeSecret>('GET', this.secretPath(name))
    return status === 200 ? body : undefined
  }

  secretPath(name: string): string {
    return `/api/v1/namespaces/${this.cluster.namespace}/secrets/${name}`
  }

  resourcePath(plural: string, name: string): string {
    return plural.startsWith('cluster')
      ? `${API}/${plural}/${name}`
      : `${API}/namespaces/${this.cluster.namespace}/${plural}/${name}`
  }

  /** Waits until a Secret holds exactly these texts. */
  async untilSecret(name: string, texts: Readonly<Record<string, string>>, deadlineMs?: number): Promise<KubeSecret> {
    const wanted = sorted(texts)
    return until(
      `Secret ${name} holds ${Object.keys(texts).join(', ')} with the expected values`,
      async () => {
        const secret = await this.secret(name)
        return secret && sorted(textsOf(secret)) === wanted ? secret : undefined
      },
      deadlineMs === undefined ? {} : { deadlineMs },
    )
  }

  /** The Ready condition of a resource; undefined if it has none. */
  async ready(plural: string, name: string): Promise<ReadyCondition | undefined> {
    const { body } = await this.cluster.request<{ status?: { conditions?: ReadyCondition[] } }>(
      'GET',
      this.resourcePath(plural, name),
    )
    return body.status?.conditions?.[0]
  }

  /** Waits until the Ready condition of a resource has this reason. */
  async untilReason(plural: string, name: string, reason: string, deadlineMs?: number): Promise<ReadyCondition> {
    return until(
      `${plural} ${name} says ${reason}`,
      async () => {
        const ready = await this.ready(plural, name)
        return ready?.reason === reason ? ready : undefined
      },
      deadlineMs === undefined ? {} : { deadlineMs },
    )
  }

  /** Resources, events and leases of the namespace and cluster-scoped resources as text, without Secrets. */
  async visibleObjects(): Promise<string> {
    const { request, namespace } = this.cluster
    const paths = [
      `${API}/namespaces/${namespace}/externalsecrets`,
      `${API}/namespaces/${namespace}/secretstores`,
      `${API}/namespaces/${namespace}/pushsecrets`,
      `${API}/clustersecretstores`,
      `${API}/clusterexternalsecrets`,
      `${EVENTS}/${namespace}/events`,
      `${EVENTS}/default/events`,
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
    ]
    const answers = await Promise.all(paths.map((each) => request('GET', each)))
    const said = JSON.stringify(answers)
    collect('objects', said)
    return said
  }
}

/** Values of a Secret as text. */
export function textsOf(secret: Pick<KubeSecret, 'data'>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
}

function sorted(texts: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
