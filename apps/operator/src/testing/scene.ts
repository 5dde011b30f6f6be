import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { crds } from '@ack-secret-manager/resources'
import { apply, installCrds, OperatorProcess, SimulatorProcess, until } from '@ack-secret-manager/testbed'
import { stringify } from 'yaml'

/** A Secret as the API server has it. */
export interface KubeSecret {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly data?: Readonly<Record<string, string>>
}

/** The Ready condition of a resource. */
export interface ReadyCondition {
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** Where a {@link Scene} plays. */
export interface SceneOptions {
  readonly kubeconfigPath: string
  readonly request: ApiRequest
  readonly namespace: string
  /** Secrets in KMS, name to text. */
  readonly secrets: Readonly<Record<string, string>>
}

export const ACCESS_KEY = { id: 'LTAI5tScene', secret: 'scene-access-key-secret' }
const API = '/apis/alibabacloud.com/v1alpha1'

/** The simulator, a namespace, a store, and as many operators as a test starts: everything real but the cloud. */
export class Scene implements AsyncDisposable {
  readonly simulator: SimulatorProcess
  readonly #options: SceneOptions
  readonly #operators: OperatorProcess[] = []
  readonly #directory: string

  private constructor(options: SceneOptions, simulator: SimulatorProcess, directory: string) {
    this.#options = options
    this.simulator = simulator
    this.#directory = directory
  }

  static async open(options: SceneOptions): Promise<Scene> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-scene-'))
    const seed = path.join(directory, 'seed.yaml')
    const secrets = Object.entries(options.secrets).map(([name, data]) => ({
      name,
      type: 'Generic',
      dataType: 'text',
      versions: [{ id: 'v1', stages: ['ACSCurrent'], data }],
    }))
    const accessKeys = [{ ...ACCESS_KEY, allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] }]
    await writeFile(seed, stringify({ account: '1234567890123456', region: 'cn-hangzhou', accessKeys, secrets }))
    const simulator = await SimulatorProcess.start(seed)
    const scene = new Scene(options, simulator, directory)
    await installCrds(options.request, crds())
    await scene.putCredential(ACCESS_KEY.secret)
    const ref = (key: string): object => ({ name: 'kms-key', key })
    await scene.apply('SecretStore', 'kms', {
      KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } },
    })
    return scene
  }

  /** Starts one replica, as the admin of the cluster. */
  async operator(...args: string[]): Promise<OperatorProcess> {
    return this.operatorAs(this.#options.kubeconfigPath, ...args)
  }

  /** Starts one replica with the credentials of a kubeconfig. */
  async operatorAs(kubeconfigPath: string, ...args: string[]): Promise<OperatorProcess> {
    const { namespace } = this.#options
    const operator = await OperatorProcess.start({
      kubeconfigPath,
      caFile: this.simulator.caFile,
      kmsEndpoint: this.simulator.endpoint,
      args: [
        `--watch-namespaces=${namespace}`,
        `--leader-election-namespace=${namespace}`,
        '--polling-interval=2s',
        '--log-level=debug',
        ...args,
      ],
    })
    this.#operators.push(operator)
    return operator
  }

  /** Starts an operator that looks after all namespaces but one. */
  async shard(exclude: string): Promise<OperatorProcess> {
    const operator = await OperatorProcess.start({
      kubeconfigPath: this.#options.kubeconfigPath,
      caFile: this.simulator.caFile,
      kmsEndpoint: this.simulator.endpoint,
      args: [`--exclude-namespaces=${exclude}`, '--leader-elect=false', `--leader-election-namespace=${exclude}`],
    })
    this.#operators.push(operator)
    return operator
  }

  get operators(): readonly OperatorProcess[] {
    return this.#operators
  }

  async putCredential(secret: string): Promise<void> {
    await this.applyObject({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'kms-key' },
      stringData: { id: ACCESS_KEY.id, secret },
    })
  }

  /** An ExternalSecret that copies `secrets` through the store, key to name of the KMS secret. */
  async externalSecret(name: string, secrets: Readonly<Record<string, string>>, more: object = {}): Promise<void> {
    const data = Object.entries(secrets).map(([key, secret]) => ({
      key: secret,
      name: key,
      secretStoreRef: { name: 'kms' },
    }))
    await this.apply('ExternalSecret', name, { data, ...more })
  }

  async apply(kind: string, name: string, spec: object): Promise<void> {
    await this.applyObject({ apiVersion: 'alibabacloud.com/v1alpha1', kind, metadata: { name }, spec })
  }

  async applyObject(object: {
    apiVersion: string
    kind: string
    metadata: { name: string }
    [field: string]: unknown
  }): Promise<void> {
    await apply(this.#options.request, object, this.#options.namespace)
  }

  async secret(name: string): Promise<KubeSecret | undefined> {
    const { status, body } = await this.#options.request<KubeSecret>('GET', this.secretPath(name))
    return status === 200 ? body : undefined
  }

  secretPath(name: string): string {
    return `/api/v1/namespaces/${this.#options.namespace}/secrets/${name}`
  }

  resourcePath(plural: string, name: string): string {
    return `${API}/namespaces/${this.#options.namespace}/${plural}/${name}`
  }

  /** Waits until a Secret holds exactly these texts. */
  async untilSecret(name: string, texts: Readonly<Record<string, string>>, deadlineMs?: number): Promise<KubeSecret> {
    const wanted = sorted(texts)
    return until(
      `Secret ${name} holds ${Object.keys(texts).join(', ')} as they should be`,
      async () => {
        const secret = await this.secret(name)
        return secret && sorted(textsOf(secret)) === wanted ? secret : undefined
      },
      deadlineMs === undefined ? {} : { deadlineMs },
    )
  }

  /** Waits until the Ready condition of a resource has this reason. */
  async untilReason(plural: string, name: string, reason: string, deadlineMs?: number): Promise<ReadyCondition> {
    let last = 'none'
    return until(
      `${plural} ${name} says ${reason}`,
      async () => {
        const { body } = await this.#options.request<{ status?: { conditions?: ReadyCondition[] } }>(
          'GET',
          this.resourcePath(plural, name),
        )
        const [ready] = body.status?.conditions ?? []
        last = ready?.reason ?? last
        return ready?.reason === reason ? ready : undefined
      },
      deadlineMs === undefined ? {} : { deadlineMs },
    )
  }

  /** Everything of ours in the namespace, as text: statuses, events, leases; not the Secrets. */
  async everythingSaid(): Promise<string> {
    const { request, namespace } = this.#options
    const paths = [
      `${API}/namespaces/${namespace}/externalsecrets`,
      `${API}/namespaces/${namespace}/secretstores`,
      `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
    ]
    const answers = await Promise.all(paths.map((each) => request('GET', each)))
    return JSON.stringify(answers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#operators.map((operator) => operator.stop()))
    await this.simulator.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Values of a Secret as text. */
export function textsOf(secret: KubeSecret): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
}

function sorted(texts: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
