import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type ControlPlane, startControlPlane } from '@ack-secret-manager/control-plane'
import { type OperatorProcess, SimulatorProcess } from '@ack-secret-manager/testbed'
import { stringify } from 'yaml'
import { ClusterObjects } from '../../../apps/operator/src/testing/cluster-objects.ts'
import { Helm } from './helm.ts'
import { Kubelet } from './kubelet.ts'

/** Where operators are installed, as on most clusters. */
export const SYSTEM = 'kube-system'
const KEY = { id: 'LTAI5tChart', secret: 'chart-access-key-secret' }
const READ = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }]

/** Every request, and of lists of Secrets and ConfigMaps what was answered. */
const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: RequestResponse, verbs: [list], resources: [{resources: [secrets, configmaps]}]}
- {level: Metadata}
`

/** A cluster of one's own with helm, a stand-in for the kubelet and the simulator: an empty place to install to. */
export class Stage implements AsyncDisposable {
  readonly plane: ControlPlane
  readonly helm: Helm
  readonly kubelet: Kubelet
  readonly simulator: SimulatorProcess
  readonly #directory: string

  private constructor(parts: Pick<Stage, 'plane' | 'helm' | 'kubelet' | 'simulator'>, directory: string) {
    this.plane = parts.plane
    this.helm = parts.helm
    this.kubelet = parts.kubelet
    this.simulator = parts.simulator
    this.#directory = directory
  }

  static async open(): Promise<Stage> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-stage-'))
    const policy = path.join(directory, 'audit-policy.yaml')
    await writeFile(policy, AUDIT_POLICY)
    const seed = path.join(directory, 'seed.yaml')
    await writeFile(
      seed,
      stringify({
        account: '1234567890123456',
        region: 'cn-hangzhou',
        accessKeys: [{ ...KEY, allow: READ }],
        roles: [{ name: 'node', trust: { ecs: true }, allow: READ }],
        metadata: { role: 'node' },
        secrets: [{ name: 'db', type: 'Generic', dataType: 'text', versions: [{ id: 'v1', data: 'one' }] }],
      }),
    )
    const [plane, simulator] = await Promise.all([
      startControlPlane({ audit: true, apiServerArgs: [`--audit-policy-file=${policy}`] }),
      SimulatorProcess.start(seed),
    ])
    const helm = await Helm.open(plane.kubeconfigPath)
    return new Stage({ plane, simulator, helm, kubelet: await Kubelet.open(plane) }, directory)
  }

  /** Starts a pod of an installed Deployment, which leads. */
  async operator(name: string): Promise<OperatorProcess> {
    const { endpoint, caFile, ready } = this.simulator
    const operator = await this.kubelet.start(SYSTEM, name, {
      NODE_EXTRA_CA_CERTS: caFile,
      ACKSM_KMS_ENDPOINT: endpoint,
      ACKSM_STS_ENDPOINT: new URL(ready.sts ?? '').host,
      ACKSM_METADATA_ENDPOINT: ready.metadata ?? '',
      ACKSM_LOG_LEVEL: 'debug',
    })
    await operator.leading()
    return operator
  }

  /** A namespace of a team, with the AccessKey of a store. */
  async namespace(namespace: string): Promise<ClusterObjects> {
    const { request, kubeconfigPath } = this.plane
    await request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const objects = new ClusterObjects({ request, kubeconfigPath, namespace })
    const metadata = { name: 'kms-key' }
    await objects.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: KEY })
    return objects
  }

  /** Whether an object is there. */
  async has(where: string): Promise<boolean> {
    return (await this.plane.request('GET', where)).status === 200
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kubelet[Symbol.asyncDispose]()
    await this.helm[Symbol.asyncDispose]()
    await this.simulator.stop()
    await this.plane.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

const ref = (key: string): object => ({ name: 'kms-key', key })
/** Spec of a store that reads with the AccessKey of its namespace. */
export const ACCESS_KEY_STORE = { KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } } }
/** Spec of a store that reads as the node. */
export const WORKER_ROLE_STORE = { KMS: { KMSAuth: { workerRole: {} } } }

/** Spec of an ExternalSecret that copies `db` through a store. */
export function copyOf(store: string): { readonly data: object[] } {
  return { data: [{ key: 'db', name: 'password', secretStoreRef: { name: store } }] }
}
