import { type ControlPlane, startControlPlane } from '@ack-secret-manager/control-plane'
import {
  accessKeyStore,
  clusterIssuer,
  LocalSimulator,
  createProxyCertificates,
  NamespaceObjects,
  type OperatorProcess,
  providerArn,
  READ,
  textSecrets,
  trustOf,
  until,
} from '@ack-secret-manager/testenv'
import { Helm } from '@ack-secret-manager/chart/programs/helm'
import { type ApiServer, Kubelet, type PodRuntime } from './kubelet.ts'
import { FaultProxy, type RecordedCall, recordCalls } from '@ack-secret-manager/test-support/fault-proxy'

/** Namespace of the installed operators, as on most clusters. */
export const SYSTEM = 'kube-system'
const KEY = { id: 'LTAI5tChart', secret: 'chart-access-key-secret' }

/** For PushSecrets. */
const PUSH = [{ actions: ['kms:*Secret', 'kms:PutSecretValue', 'kms:ListSecretVersionIds'], resources: ['*'] }]

/** A separate cluster with helm, a replacement for the kubelet, and the simulator. Nothing is installed yet. */
export class InstallEnvironment implements AsyncDisposable {
  readonly plane: ControlPlane
  readonly helm: Helm
  readonly kubelet: Kubelet
  readonly simulator: LocalSimulator
  /** Proxy between the operators and the API server. */
  readonly server: ApiServer
  /** Requests of the operators to the API server. */
  readonly calls: RecordedCall[]
  readonly #proxy: FaultProxy

  private constructor(
    parts: Pick<InstallEnvironment, 'plane' | 'helm' | 'kubelet' | 'simulator' | 'server'> & {
      readonly proxy: FaultProxy
    },
  ) {
    this.plane = parts.plane
    this.server = parts.server
    this.#proxy = parts.proxy
    this.calls = recordCalls(parts.proxy)
    this.helm = parts.helm
    this.kubelet = parts.kubelet
    this.simulator = parts.simulator
  }

  /** @param runtime runs the pods. @default processes of this machine's Node */
  static async open(runtime?: PodRuntime): Promise<InstallEnvironment> {
    const simulator = await LocalSimulator.start({
      seed: {
        accessKeys: [{ ...KEY, allow: [...READ, ...PUSH] }],
        roles: [{ name: 'node', trust: { ecs: true }, allow: READ }],
        metadata: { role: 'node' },
        secrets: textSecrets({ db: 'one' }),
      },
    })
    const plane = await startControlPlane({ audit: true })
    const helm = await Helm.open(plane.kubeconfigPath)
    const keys = await createProxyCertificates()
    const proxy = await FaultProxy.open({ service: 'api', target: plane.url, caPem: plane.caPem, keys })
    const server = { url: proxy.url, caPem: keys.caPem }
    const kubelet = await Kubelet.open(plane, server, runtime)
    return new InstallEnvironment({ plane, simulator, helm, proxy, server, kubelet })
  }

  /** Starts a pod of an installed Deployment, and waits until it leads. */
  async operator(name: string): Promise<OperatorProcess> {
    const operator = await this.pod(name)
    await operator.leading()
    return operator
  }

  /** Starts a pod of an installed Deployment, which may or may not lead. */
  pod(name: string): Promise<OperatorProcess> {
    const { simulator } = this
    return this.kubelet.start(SYSTEM, name, {
      NODE_EXTRA_CA_CERTS: simulator.caFile,
      ACKSM_KMS_ENDPOINT: simulator.endpoint,
      ACKSM_STS_ENDPOINT: simulator.host('sts'),
      ACKSM_METADATA_ENDPOINT: simulator.ready.metadata ?? '',
      ACKSM_LOG_LEVEL: 'debug',
    })
  }

  /** Makes RAM trust a ServiceAccount of this cluster, with the keys that the API server publishes. */
  async trust(role: string, namespace: string, account: string): Promise<void> {
    const issuer = await clusterIssuer(this.plane.request)
    await this.simulator.control('PUT', `/oidcProviders/${PROVIDER_ARN}`, issuer)
    await this.simulator.control('PUT', `/roles/${role}`, { trust: trustOf(issuer, namespace, account), allow: READ })
  }

  /** Creates a namespace of a team, with the AccessKey of a store. */
  async namespace(namespace: string): Promise<NamespaceObjects> {
    const { request, kubeconfigPath } = this.plane
    await request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const objects = new NamespaceObjects({ request, kubeconfigPath, namespace })
    await objects.putSecret('kms-key', KEY)
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
    await this.simulator[Symbol.asyncDispose]()
    await this.plane.stop()
  }
}

/** The cluster's identity provider in RAM. */
export const PROVIDER_ARN = providerArn('ack-rrsa-demo')
/** Spec of a store that reads with the AccessKey of its namespace. */
export const ACCESS_KEY_STORE = accessKeyStore('kms-key')
/** The same store, which PushSecrets may write through. */
export const PUSH_STORE = { ...ACCESS_KEY_STORE, allowPush: [{ secrets: ['**'] }] }
/** Spec of a store that reads as the node. */
export const WORKER_ROLE_STORE = { KMS: { KMSAuth: { workerRole: {} } } }

/** Spec of an ExternalSecret that copies a secret through a store. */
export function copyOf(store: string, secret = 'db'): { readonly data: object[] } {
  return { data: [{ key: secret, name: 'password', secretStoreRef: { name: store } }] }
}
