import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  kubeconfigOf,
  readKubeconfig,
  startControlPlane,
} from '@ack-secret-manager/control-plane'
import type { Seed, SimulatorOptions } from '@ack-secret-manager/kms-simulator'
import { crds } from '@ack-secret-manager/resources'
import { canary, plant } from '@ack-secret-manager/test-support/canary'
import { accessKeyStore, AUDIENCE, type ClusterIssuer, clusterIssuer, READ, textSecrets } from './cloud-seed.ts'
import { apply, collectionPath, installCrds, until } from './manifests.ts'
import { NamespaceObjects, type TestNamespace } from './namespace-objects.ts'
import { OperatorProcess, type OperatorProcessOptions } from './processes/operator-process.ts'
import { requestToken } from './request-token.ts'
import { LocalSimulator } from './simulator-client.ts'

/** A dedicated control plane. */
export interface OwnControlPlane extends ControlPlaneOptions {
  /** User of the operators, a cluster admin, so that the audit log distinguishes their requests. @default the admin of the test */
  readonly user?: string
  /** Namespace of the test, created unless it exists. @default 'default' */
  readonly namespace?: string
}

/** Secrets of KMS by name, and everything else in Alibaba Cloud. */
export interface TestSeed extends Omit<Seed, 'accessKeys' | 'secrets'> {
  readonly secrets: Readonly<Record<string, string>>
}

/** Options of {@link TestEnvironment.start}. */
export interface TestEnvironmentOptions extends Pick<SimulatorOptions, 'clock'> {
  /** A namespace on a running control plane, or the options of an own one. */
  readonly controlPlane: TestNamespace | OwnControlPlane
  /** With a {@link TestSeed} there is a SecretStore `kms` that can read all secrets. A function may trust the cluster. */
  readonly seed: TestSeed | ((issuer: ClusterIssuer) => Seed)
  /** Flags of each operator to start. Resolves when one of them leads. @default no operator */
  readonly operators?: ReadonlyArray<readonly string[]>
}

/** Options of {@link TestEnvironment.replica}. */
export interface ReplicaOptions extends Pick<OperatorProcessOptions, 'env' | 'nodeArgs'> {
  /** Flags in addition to those that the environment needs; the last of a name counts. */
  readonly args?: readonly string[]
  /** @default the cluster admin */
  readonly kubeconfigPath?: string
  /** Namespaces to watch; none means all. @default the namespace of the test */
  readonly namespaces?: readonly string[]
}

/** A user whose requests the audit log distinguishes from those of the test. */
export interface ClusterAdmin {
  /** Name in the audit log. */
  readonly user: string
  readonly kubeconfigPath: string
}

/** AccessKey of the SecretStore `kms`. */
export const ACCESS_KEY = { id: 'LTAI5tTest', secret: canary('access-key') }
const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
/** Number of characters of a token signature that identify it. */
const SIGNATURE_LENGTH = 40

interface Parts {
  readonly plane: ControlPlane | undefined
  readonly issuer: ClusterIssuer | undefined
  readonly simulator: LocalSimulator
  readonly directory: string
  /** Flags of every operator. */
  readonly flags: readonly string[]
}

/** A namespace with CRDs, a simulated Alibaba Cloud, and operators as processes. Everything but the cloud is real. */
export class TestEnvironment extends NamespaceObjects implements AsyncDisposable {
  readonly simulator: LocalSimulator
  /** Directory of token files that stores may use. */
  readonly directory: string
  readonly #parts: Parts
  readonly #stack: AsyncDisposableStack
  readonly #operators: OperatorProcess[] = []
  readonly #clusterStores: string[] = []

  private constructor(cluster: TestNamespace, parts: Parts, stack: AsyncDisposableStack) {
    super(cluster)
    this.simulator = parts.simulator
    this.directory = parts.directory
    this.#parts = parts
    this.#stack = stack
    stack.defer(async () => {
      for (const name of this.#clusterStores) {
        await this.cluster.request('DELETE', this.resourcePath('clustersecretstores', name))
      }
    })
    stack.defer(async () => {
      await Promise.all(this.#operators.map((operator) => operator.stop()))
    })
  }

  static async start({ controlPlane, seed, clock, operators = [] }: TestEnvironmentOptions): Promise<TestEnvironment> {
    const stack = new AsyncDisposableStack()
    try {
      const plane = 'request' in controlPlane ? undefined : stack.use(await startOwn(controlPlane))
      const cluster = plane === undefined ? (controlPlane as TestNamespace) : await namespaceOn(plane, controlPlane)
      const trusts = typeof seed === 'function'
      const issuer = trusts ? await clusterIssuer(cluster.request) : undefined
      const complete = trusts ? seed(issuer as ClusterIssuer) : completed(seed)
      const directory = await mkdtemp(path.join(tmpdir(), 'acksm-env-'))
      stack.defer(() => rm(directory, { recursive: true, force: true }))
      const simulator = stack.use(
        await LocalSimulator.start({ seed: complete, ...(clock === undefined ? {} : { clock }) }),
      )
      await installCrds(cluster.request, crds())
      const flags = [...simulator.operatorFlags, ...(trusts ? [`--allow-token-path=${directory}`] : [])]
      const env = new TestEnvironment(cluster, { plane, issuer, simulator, directory, flags }, stack)
      if (!trusts) await env.#createStore()
      const replicas = await Promise.all(operators.map((args) => env.replica({ args })))
      if (replicas.length > 0) await Promise.any(replicas.map((replica) => replica.leading()))
      return env
    } catch (error) {
      await stack.disposeAsync()
      throw error
    }
  }

  /** The control plane of this test. @throws Error when it is shared */
  get plane(): ControlPlane {
    const { plane } = this.#parts
    if (plane === undefined) throw new Error('the control plane is shared')
    return plane
  }

  /** OIDC issuer of the cluster. @throws Error when the seed does not trust it */
  get issuer(): ClusterIssuer {
    const { issuer } = this.#parts
    if (issuer === undefined) throw new Error('the seed does not trust the cluster')
    return issuer
  }

  get operators(): readonly OperatorProcess[] {
    return this.#operators
  }

  /** Starts one replica with the credentials of the cluster admin. */
  operator(...args: string[]): Promise<OperatorProcess> {
    return this.replica({ args })
  }

  /** Starts one replica, and resolves when it leads. */
  async leader(...args: string[]): Promise<OperatorProcess> {
    const replica = await this.replica({ args })
    await replica.leading()
    return replica
  }

  /** Starts one replica. Resolves when it serves its probes. */
  async replica({ args = [], namespaces, kubeconfigPath, ...more }: ReplicaOptions = {}): Promise<OperatorProcess> {
    const { namespace } = this.cluster
    const watched = namespaces ?? [namespace]
    const replica = await OperatorProcess.start({
      kubeconfigPath: kubeconfigPath ?? this.cluster.kubeconfigPath,
      caFile: this.simulator.caFile,
      kmsEndpoint: this.simulator.endpoint,
      args: [
        ...(watched.length === 0 ? [] : [`--watch-namespaces=${watched.join()}`]),
        `--leader-election-namespace=${namespace}`,
        '--polling-interval=2s',
        '--log-level=debug',
        ...this.#parts.flags,
        ...args,
      ],
      ...more,
    })
    this.#operators.push(replica)
    return replica
  }

  /** Disposes of a part of the test together with the environment. */
  use<T extends AsyncDisposable>(part: T): T {
    return this.#stack.use(part)
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

  /** Applies a ClusterSecretStore with a unique name. @returns the name */
  async clusterStore(name: string, spec: object): Promise<string> {
    const unique = `${name}-${this.cluster.namespace}`
    this.#clusterStores.push(unique)
    await this.apply('ClusterSecretStore', unique, spec)
    return unique
  }

  /** Creates a ServiceAccount with all permissions. */
  async clusterAdmin(name: string): Promise<ClusterAdmin> {
    const { request, namespace } = this.cluster
    const user = `system:serviceaccount:${namespace}:${name}`
    await this.serviceAccount(name)
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `${namespace}-${name}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', namespace, name }],
    }
    await apply(request, binding)
    this.#stack.defer(async () => {
      await request('DELETE', `${collectionPath(binding, '')}/${binding.metadata.name}`)
    })
    const review = { spec: { user, resourceAttributes: { verb: '*', group: '*', resource: '*' } } }
    await until(`${user} has all permissions`, async () => {
      const { body } = await request<{ status: { allowed: boolean } }>('POST', ACCESS_REVIEWS, review)
      return body.status.allowed
    })
    const token = await this.#plantedToken(name, {})
    const { server: url, caPem } = readKubeconfig(await readFile(this.cluster.kubeconfigPath, 'utf8'))
    const kubeconfigPath = path.join(this.directory, `${name}.kubeconfig`)
    await writeFile(kubeconfigPath, kubeconfigOf({ url, caPem, user: name, identity: { token } }), { mode: 0o600 })
    return { user, kubeconfigPath }
  }

  /** Writes a ServiceAccount token as the kubelet mounts it. @returns its path */
  async tokenFile(account: string, audience: string = AUDIENCE): Promise<string> {
    const token = await this.#plantedToken(account, { audiences: [audience] })
    const file = path.join(this.directory, `token-${account}`)
    await writeFile(`${file}.new`, `${token}\n`, { mode: 0o600 })
    await rename(`${file}.new`, file)
    return file
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #plantedToken(account: string, spec: { readonly audiences?: readonly string[] }): Promise<string> {
    const { request, namespace } = this.cluster
    const token = await requestToken(request, { namespace, name: account }, spec)
    plant(`token of ServiceAccount ${account}`, token.slice(-SIGNATURE_LENGTH))
    return token
  }

  async #createStore(): Promise<void> {
    await this.putSecret('kms-key', { ...ACCESS_KEY })
    await this.apply('SecretStore', 'kms', accessKeyStore('kms-key'))
  }
}

function completed({ secrets, ...others }: TestSeed): Seed {
  return { ...others, accessKeys: [{ ...ACCESS_KEY, allow: READ }], secrets: textSecrets(secrets) }
}

function startOwn({ user, users = [], ...options }: OwnControlPlane): Promise<ControlPlane> {
  const own = user === undefined ? [] : [{ name: user, groups: ['system:masters'], token: canary('bearer-token') }]
  return startControlPlane({ ...options, users: [...users, ...own] })
}

async function namespaceOn(
  plane: ControlPlane,
  { namespace = 'default', user }: OwnControlPlane,
): Promise<TestNamespace> {
  const { request } = plane
  await apply(request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const kubeconfigPath = user === undefined ? plane.kubeconfigPath : plane.kubeconfigPathOf(user)
  return { request, kubeconfigPath, namespace }
}
