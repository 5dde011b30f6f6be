import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Seed, type Simulator, type SimulatorOptions, startSimulator } from '@ack-secret-manager/kms-simulator'
import { crds } from '@ack-secret-manager/resources'
import { installCrds } from './manifests.ts'
import { OperatorProcess } from './processes/operator-process.ts'
import type { SimulatorCalls } from './processes/simulator-process.ts'
import { plant } from '@ack-secret-manager/test-support/canary'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { NamespaceObjects, type TestNamespace } from './namespace-objects.ts'

export const ACCOUNT = '1234567890123456'
export const AUDIENCE = 'sts.aliyuncs.com'
/** Number of characters of a token signature that identify it. */
const SIGNATURE_LENGTH = 40

/** ARN of an identity provider that the environment creates for the cluster. */
export function providerArn(name: string): string {
  return `acs:ram::${ACCOUNT}:oidc-provider/${name}`
}

export const READ = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }]
export const role = (name: string): string => `acs:ram::${ACCOUNT}:role/${name}`
export const rrsa = (auth: object): object => ({ KMS: { KMSAuth: { oidcProviderARN: providerArn('ack'), ...auth } } })

/** OIDC issuer of the cluster, for a seed that trusts its ServiceAccounts. */
export interface ClusterIssuer {
  readonly issuer: string
  readonly jwks: NonNullable<NonNullable<Seed['oidcProviders']>[number]['jwks']>
}

/** Options of {@link AccessEnvironment.open}. */
export interface AccessEnvironmentOptions extends Pick<SimulatorOptions, 'clock'> {
  readonly cluster: TestNamespace
  readonly seed: (issuer: ClusterIssuer) => Seed
}

/** A namespace, operators, and a simulated Alibaba Cloud that trusts this cluster. */
export class AccessEnvironment extends NamespaceObjects implements AsyncDisposable {
  readonly simulator: Simulator
  readonly issuer: ClusterIssuer
  /** Directory of token files that stores may use. */
  readonly directory: string
  readonly #operators: OperatorProcess[] = []
  readonly #clusterStores: string[] = []

  private constructor(cluster: TestNamespace, issuer: ClusterIssuer, simulator: Simulator, directory: string) {
    super(cluster)
    this.issuer = issuer
    this.simulator = simulator
    this.directory = directory
  }

  static async open({ cluster, seed, clock }: AccessEnvironmentOptions): Promise<AccessEnvironment> {
    const { request } = cluster
    const discovery = await request<{ issuer: string }>('GET', '/.well-known/openid-configuration')
    // The media type application/jwk-set+json is returned as text.
    const jwks = await request<string>('GET', '/openid/v1/jwks')
    const issuer = { issuer: discovery.body.issuer, jwks: JSON.parse(jwks.body) as ClusterIssuer['jwks'] }
    const simulator = await startSimulator({ seed: seed(issuer), ...(clock === undefined ? {} : { clock }) })
    await installCrds(request, crds())
    return new AccessEnvironment(cluster, issuer, simulator, await mkdtemp(path.join(tmpdir(), 'acksm-access-')))
  }

  /** Host and port of one of the simulator's services. */
  host(service: 'kms' | 'sts' | 'instance' | 'oos' | 'metadata'): string {
    return new URL(this.simulator[service] ?? '').host
  }

  /** Starts a leading operator with all simulated services. */
  async operator(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<OperatorProcess> {
    const { kubeconfigPath, namespace } = this.cluster
    const operator = await OperatorProcess.start({
      kubeconfigPath,
      caFile: this.simulator.caFile,
      kmsEndpoint: this.host('kms'),
      args: [
        `--watch-namespaces=${namespace}`,
        `--leader-election-namespace=${namespace}`,
        `--sts-endpoint=${this.host('sts')}`,
        `--oos-endpoint=${this.host('oos')}`,
        `--metadata-endpoint=${this.simulator.metadata}`,
        `--allow-endpoint=${this.host('instance')}`,
        `--allow-token-path=${this.directory}`,
        ...args,
      ],
      env,
    })
    this.#operators.push(operator)
    await operator.leading()
    return operator
  }

  /** Sends one request to the simulator's control port. @throws Error when it is refused */
  control(method: string, where: string, body?: unknown): Promise<unknown> {
    return simulatorControl(this.simulator.control)(method, where, body)
  }

  async calls(): Promise<SimulatorCalls['calls']> {
    return ((await this.control('GET', 'calls')) as SimulatorCalls).calls
  }

  /** Creates or replaces the Secret with a credential. */
  async keep(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    await this.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData })
  }

  /** Applies a ClusterSecretStore with a unique name. @returns the name */
  async clusterStore(name: string, spec: object): Promise<string> {
    const unique = `${name}-${this.cluster.namespace}`
    this.#clusterStores.push(unique)
    await this.apply('ClusterSecretStore', unique, spec)
    return unique
  }

  async labelNamespace(labels: Readonly<Record<string, string>>): Promise<void> {
    const { request, namespace } = this.cluster
    const options = { contentType: 'application/merge-patch+json' }
    await request('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { labels } }, options)
  }

  async serviceAccount(name: string, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.applyObject({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, annotations } })
  }

  /** Writes a ServiceAccount token as the kubelet mounts it. @returns its path */
  async tokenFile(account: string, audience: string = AUDIENCE): Promise<string> {
    const { request, namespace } = this.cluster
    const { body } = await request<{ status: { token: string } }>(
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [audience] } },
    )
    const { token } = body.status
    plant(`token of ServiceAccount ${account}`, token.slice(-SIGNATURE_LENGTH))
    const file = path.join(this.directory, `token-${account}`)
    await writeFile(`${file}.new`, `${token}\n`, { mode: 0o600 })
    await rename(`${file}.new`, file)
    return file
  }

  /** A client key of the simulator's instance, in the form of its Secret. */
  async clientKey(id: string): Promise<{ readonly file: string; readonly password: string }> {
    const key = this.simulator.clientKeys[id]
    if (key === undefined) throw new Error(`the simulator created no client key ${id}`)
    const file = await readFile(key.file, 'utf8')
    const { PrivateKeyData: material } = JSON.parse(file) as { PrivateKeyData: string }
    plant(`start of client key ${id}`, material.slice(0, 40))
    plant(`middle of client key ${id}`, material.slice(2_000, 2_040))
    return { file, password: plant(`password of client key ${id}`, key.password) }
  }

  /** The CA of the instance in the form of a store field. */
  async instanceCa(): Promise<string> {
    return (await readFile(this.simulator.instanceCaFile ?? '')).toString('base64')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#operators.map((operator) => operator.stop()))
    for (const name of this.#clusterStores) {
      await this.cluster.request('DELETE', this.resourcePath('clustersecretstores', name))
    }
    await this.simulator.close()
    await rm(this.directory, { recursive: true, force: true })
  }
}
