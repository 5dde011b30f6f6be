import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type ControlPlane, startControlPlane } from '@ack-secret-manager/control-plane'
import {
  createProxyCertificates,
  NamespaceObjects,
  type OperatorProcess,
  SimulatorProcess,
  until,
} from '@ack-secret-manager/testenv'
import { stringify } from 'yaml'
import { Helm } from '@ack-secret-manager/chart/programs/helm'
import { type ApiServer, Kubelet, type PodRuntime } from './kubelet.ts'
import { FaultProxy, type RecordedCall, recordCalls } from '@ack-secret-manager/test-support/fault-proxy'

/** Where operators are installed, as on most clusters. */
export const SYSTEM = 'kube-system'
const KEY = { id: 'LTAI5tChart', secret: 'chart-access-key-secret' }
const ACCOUNT = '1234567890123456'
const READ = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }]

/** A cluster of one's own with helm, a stand-in for the kubelet and the simulator: an empty place to install to. */
export class InstallEnvironment implements AsyncDisposable {
  readonly plane: ControlPlane
  readonly helm: Helm
  readonly kubelet: Kubelet
  readonly simulator: SimulatorProcess
  /** Between the operators and the API server. */
  readonly server: ApiServer
  /** Requests of the operators to the API server. */
  readonly calls: RecordedCall[]
  readonly #proxy: FaultProxy
  readonly #directory: string

  private constructor(
    parts: Pick<InstallEnvironment, 'plane' | 'helm' | 'kubelet' | 'simulator' | 'server'> & {
      readonly proxy: FaultProxy
    },
    directory: string,
  ) {
    this.plane = parts.plane
    this.server = parts.server
    this.#proxy = parts.proxy
    this.calls = recordCalls(parts.proxy)
    this.helm = parts.helm
    this.kubelet = parts.kubelet
    this.simulator = parts.simulator
    this.#directory = directory
  }

  /** @param runtime what runs pods. @default processes of this machine's Node */
  static async open(runtime?: PodRuntime): Promise<InstallEnvironment> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-environment-'))
    const seed = path.join(directory, 'seed.yaml')
    await writeFile(
      seed,
      stringify({
        account: ACCOUNT,
        region: 'cn-hangzhou',
        accessKeys: [{ ...KEY, allow: READ }],
        roles: [{ name: 'node', trust: { ecs: true }, allow: READ }],
        metadata: { role: 'node' },
        secrets: [{ name: 'db', type: 'Generic', dataType: 'text', versions: [{ id: 'v1', data: 'one' }] }],
      }),
    )
    const [plane, simulator] = await Promise.all([startControlPlane({ audit: true }), SimulatorProcess.start(seed)])
    const helm = await Helm.open(plane.kubeconfigPath)
    const keys = await createProxyCertificates()
    const proxy = await FaultProxy.open({ service: 'api', target: plane.url, caPem: plane.caPem, keys })
    const server = { url: proxy.url, caPem: keys.caPem }
    const kubelet = await Kubelet.open(plane, server, runtime)
    return new InstallEnvironment({ plane, simulator, helm, proxy, server, kubelet }, directory)
  }

  /** Starts a pod of an installed Deployment, which leads. */
  async operator(name: string): Promise<OperatorProcess> {
    const operator = await this.pod(name)
    await operator.leading()
    return operator
  }

  /** Starts a pod of an installed Deployment, which may or may not lead. */
  pod(name: string): Promise<OperatorProcess> {
    const { endpoint, caFile, ready } = this.simulator
    return this.kubelet.start(SYSTEM, name, {
      NODE_EXTRA_CA_CERTS: caFile,
      ACKSM_KMS_ENDPOINT: endpoint,
      ACKSM_STS_ENDPOINT: new URL(ready.sts ?? '').host,
      ACKSM_METADATA_ENDPOINT: ready.metadata ?? '',
      ACKSM_LOG_LEVEL: 'debug',
    })
  }

  /** Has RAM trust a ServiceAccount of this cluster, by the keys that the API server publishes. */
  async trust(role: string, namespace: string, account: string): Promise<void> {
    const { request } = this.plane
    const { issuer } = (await request<{ issuer: string }>('GET', '/.well-known/openid-configuration')).body
    // Served as application/jwk-set+json, which comes as text.
    const jwks = JSON.parse((await request<string>('GET', '/openid/v1/jwks')).body) as object
    await this.simulator.control('PUT', `/oidcProviders/${PROVIDER_ARN}`, { issuer, jwks })
    const subject = `system:serviceaccount:${namespace}:${account}`
    const trust = { oidc: { issuer, audience: 'sts.aliyuncs.com', subject } }
    await this.simulator.control('PUT', `/roles/${role}`, { trust, allow: READ })
  }

  /** A namespace of a team, with the AccessKey of a store. */
  async namespace(namespace: string): Promise<NamespaceObjects> {
    const { request, kubeconfigPath } = this.plane
    await request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const objects = new NamespaceObjects({ request, kubeconfigPath, namespace })
    const metadata = { name: 'kms-key' }
    await objects.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: KEY })
    return objects
  }

  /** Resolves when the API server serves the resources that a release has just defined: helm does not wait for it. */
  async served(): Promise<void> {
    for (const plural of ['secretstores', 'externalsecrets'])
      await until(`${plural} are served`, () => this.has(`/apis/alibabacloud.com/v1alpha1/${plural}`))
  }

  /** Whether an object is there. */
  async has(where: string): Promise<boolean> {
    return (await this.plane.request('GET', where)).status === 200
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kubelet[Symbol.asyncDispose]()
    await this.#proxy[Symbol.asyncDispose]()
    await this.helm[Symbol.asyncDispose]()
    await this.simulator.stop()
    await this.plane.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** The cluster's identity provider in RAM. */
export const PROVIDER_ARN = `acs:ram::${ACCOUNT}:oidc-provider/ack-rrsa-demo`
/** ARN of a role of the account. */
export const roleArn = (name: string): string => `acs:ram::${ACCOUNT}:role/${name}`

const ref = (key: string): object => ({ name: 'kms-key', key })
/** Spec of a store that reads with the AccessKey of its namespace. */
export const ACCESS_KEY_STORE = { KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } } }
/** Spec of a store that reads as the node. */
export const WORKER_ROLE_STORE = { KMS: { KMSAuth: { workerRole: {} } } }

/** Spec of an ExternalSecret that copies a secret through a store. */
export function copyOf(store: string, secret = 'db'): { readonly data: object[] } {
  return { data: [{ key: secret, name: 'password', secretStoreRef: { name: store } }] }
}
