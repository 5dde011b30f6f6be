import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Seed } from '@ack-secret-manager/kms-simulator'
import { crds } from '@ack-secret-manager/resources'
import { installCrds } from './manifests.ts'
import { OperatorProcess } from './processes/operator-process.ts'
import { SimulatorProcess } from './processes/simulator-process.ts'
import { canary } from '@ack-secret-manager/test-support/canary'
import { stringify } from 'yaml'
import { NamespaceObjects, type TestNamespace } from './namespace-objects.ts'

/** Options of {@link TestEnvironment.open}. */
export interface TestEnvironmentOptions extends TestNamespace {
  /** Secrets in KMS, name to text. */
  readonly secrets: Readonly<Record<string, string>>
  /** Seed of everything else in Alibaba Cloud. */
  readonly seed?: Omit<Seed, 'accessKeys' | 'secrets'>
}

export const ACCESS_KEY = { id: 'LTAI5tScene', secret: canary('access-key') }

/** The simulator, a namespace, a store, and the operators that a test starts. Everything but the cloud is real. */
export class TestEnvironment extends NamespaceObjects implements AsyncDisposable {
  readonly simulator: SimulatorProcess
  readonly #operators: OperatorProcess[] = []
  readonly #directory: string

  private constructor(cluster: TestNamespace, simulator: SimulatorProcess, directory: string) {
    super(cluster)
    this.simulator = simulator
    this.#directory = directory
  }

  static async open(options: TestEnvironmentOptions): Promise<TestEnvironment> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-env-'))
    const seed = path.join(directory, 'seed.yaml')
    const secrets = Object.entries(options.secrets).map(([name, data]) => ({
      name,
      type: 'Generic',
      dataType: 'text',
      versions: [{ id: 'v1', stages: ['ACSCurrent'], data }],
    }))
    const accessKeys = [{ ...ACCESS_KEY, allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] }]
    await writeFile(
      seed,
      stringify({ account: '1234567890123456', region: 'cn-hangzhou', accessKeys, secrets, ...options.seed }),
    )
    const simulator = await SimulatorProcess.start(seed)
    const env = new TestEnvironment(options, simulator, directory)
    await installCrds(options.request, crds())
    await env.putCredential(ACCESS_KEY.secret)
    const ref = (key: string): object => ({ name: 'kms-key', key })
    await env.apply('SecretStore', 'kms', {
      KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } },
    })
    return env
  }

  /** Starts one replica with the credentials of the cluster admin. */
  async operator(...args: string[]): Promise<OperatorProcess> {
    return this.operatorAs(this.cluster.kubeconfigPath, ...args)
  }

  /** Starts one replica with the credentials of a kubeconfig. */
  async operatorAs(kubeconfigPath: string, ...args: string[]): Promise<OperatorProcess> {
    const { namespace } = this.cluster
    const { sts, instance, metadata } = this.simulator.ready
    const operator = await OperatorProcess.start({
      kubeconfigPath,
      caFile: this.simulator.caFile,
      kmsEndpoint: this.simulator.endpoint,
      args: [
        `--watch-namespaces=${namespace}`,
        `--leader-election-namespace=${namespace}`,
        '--polling-interval=2s',
        '--log-level=debug',
        ...(sts === undefined ? [] : [`--sts-endpoint=${new URL(sts).host}`]),
        ...(instance === undefined ? [] : [`--allow-endpoint=${new URL(instance).host}`]),
        ...(metadata === undefined ? [] : [`--metadata-endpoint=${metadata}`]),
        ...args,
      ],
    })
    this.#operators.push(operator)
    return operator
  }

  /** Starts an operator that watches all namespaces except one. */
  async shard(exclude: string): Promise<OperatorProcess> {
    const operator = await OperatorProcess.start({
      kubeconfigPath: this.cluster.kubeconfigPath,
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

  /** Applies an ExternalSecret that copies `secrets` (key to KMS name) through the store. */
  async externalSecret(name: string, secrets: Readonly<Record<string, string>>, more: object = {}): Promise<void> {
    const data = Object.entries(secrets).map(([key, secret]) => ({
      key: secret,
      name: key,
      secretStoreRef: { name: 'kms' },
    }))
    await this.apply('ExternalSecret', name, { data, ...more })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#operators.map((operator) => operator.stop()))
    await this.simulator.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
