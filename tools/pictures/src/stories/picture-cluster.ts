import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { kubectlBinary } from '@ack-secret-manager/chart/programs/kubectl-binary'
import { issueServerCertificate, type Seed } from '@ack-secret-manager/kms-simulator'
import { crds } from '@ack-secret-manager/resources'
import { startConnectProxy } from '@ack-secret-manager/test-support/connect-proxy'
import {
  ACKSM,
  installCrds,
  LocalSimulator,
  NamespaceObjects,
  OperatorProcess,
  type TestNamespace,
} from '@ack-secret-manager/testenv'
import { parse, stringify } from 'yaml'

/** Where KMS is for the operator in its VPC, and for a user outside. */
const KMS_HOSTS = ['kms-vpc.cn-hangzhou.aliyuncs.com', 'kms.cn-hangzhou.aliyuncs.com'] as const

/** Options of {@link PictureCluster.start}. */
export interface PictureClusterOptions {
  readonly cluster: TestNamespace
  readonly seed: Seed
  /** @default 1 */
  readonly replicas?: number
  /** Flags of the operator. */
  readonly flags: readonly string[]
  /** A queue of the simulator that operators receive hints from, and the AccessKey that they use. */
  readonly hints?: { readonly queue: string; readonly accessKey: { readonly id: string; readonly secret: string } }
}

interface Parts {
  readonly simulator: LocalSimulator
  readonly operators: readonly OperatorProcess[]
  readonly home: string
  readonly proxy: Readonly<Record<string, string>>
  readonly stack: AsyncDisposableStack
}

/**
 * A real API server and operators, and a KMS that has the names of the real one: a proxy leads to the simulator. So a picture shows
 * neither ports nor paths of the machine that made it.
 */
export class PictureCluster extends NamespaceObjects implements AsyncDisposable {
  readonly simulator: LocalSimulator
  /** The first one leads. */
  readonly operators: readonly OperatorProcess[]
  readonly #parts: Parts

  private constructor(cluster: TestNamespace, parts: Parts) {
    super(cluster)
    this.simulator = parts.simulator
    this.operators = parts.operators
    this.#parts = parts
  }

  /** Resolves when one operator leads, and all others stand by. */
  static async start({ cluster, seed, replicas = 1, flags, hints }: PictureClusterOptions): Promise<PictureCluster> {
    const stack = new AsyncDisposableStack()
    try {
      const home = await mkdtemp(path.join(tmpdir(), 'acksm-picture-'))
      stack.defer(() => rm(home, { recursive: true, force: true }))
      const certificate = await issueServerCertificate(['127.0.0.1', ...KMS_HOSTS])
      const simulator = stack.use(await LocalSimulator.start({ seed, certificate }))
      const { endpoint } = stack.use(await startConnectProxy({ routes: routesTo(simulator, seed) }))
      const proxy = { HTTPS_PROXY: `http://${endpoint}`, NO_PROXY: '127.0.0.1' }
      await installCrds(cluster.request, crds())
      const operators: OperatorProcess[] = []
      for (let replica = 0; replica < replicas; replica += 1) {
        const operator = await OperatorProcess.start({
          kubeconfigPath: cluster.kubeconfigPath,
          caFile: simulator.caFile,
          kmsEndpoint: KMS_HOSTS[0],
          args: [
            `--leader-election-namespace=${cluster.namespace}`,
            ...simulator.operatorFlags,
            ...flags,
            ...(hints === undefined ? [] : [`--hint-queue=${hints.queue}`, `--hint-endpoint=${simulator.host('smq')}`]),
          ],
          env: {
            ...proxy,
            ...(hints && {
              ALIBABA_CLOUD_ACCESS_KEY_ID: hints.accessKey.id,
              ALIBABA_CLOUD_ACCESS_KEY_SECRET: hints.accessKey.secret,
            }),
          },
        })
        operators.push(stack.use(operator))
        await (replica === 0 ? operator.leading() : operator.standingBy())
      }
      return new PictureCluster(cluster, { simulator, operators, home, proxy, stack })
    } catch (error) {
      await stack.disposeAsync()
      throw error
    }
  }

  /** An empty directory and the environment of a shell that has kubectl, acksm and the cluster. */
  async shell(): Promise<{ readonly cwd: string; readonly env: Readonly<Record<string, string>> }> {
    const { home, proxy, simulator } = this.#parts
    const cwd = path.join(home, 'work')
    await mkdir(cwd)
    return {
      cwd,
      env: {
        ...proxy,
        PATH: `${await programs(path.join(home, 'bin'))}:${process.env['PATH'] ?? ''}`,
        HOME: home,
        LANG: 'C.UTF-8',
        KUBECONFIG: await kubeconfigIn(home, this.cluster),
        NODE_EXTRA_CA_CERTS: simulator.caFile,
        ACKSM_REGION: 'cn-hangzhou',
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.stack.disposeAsync()
  }
}

/** Address of an instance: its name in the VPC. */
export function instanceHost(id: string): string {
  return `${id}.cryptoservice.kms.aliyuncs.com`
}

function routesTo(simulator: LocalSimulator, { instances = [] }: Seed): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...KMS_HOSTS.map((host) => [`${host}:443`, simulator.endpoint]),
    ...instances.map(({ id }) => [`${instanceHost(id)}:443`, simulator.host('instance')]),
  ])
}

async function programs(bin: string): Promise<string> {
  await mkdir(bin)
  await symlink(await kubectlBinary(), path.join(bin, 'kubectl'))
  const acksm = path.join(bin, 'acksm')
  await writeFile(acksm, `#!/bin/sh\nexec '${process.execPath}' '${ACKSM.currentScript}' "$@"\n`)
  await chmod(acksm, 0o755)
  return bin
}

/** A kubeconfig whose namespace is that of the picture. */
async function kubeconfigIn(home: string, { kubeconfigPath, namespace }: TestNamespace): Promise<string> {
  const config = parse(await readFile(kubeconfigPath, 'utf8')) as {
    readonly contexts: ReadonlyArray<{ context: object }>
  }
  const contexts = config.contexts.map((each) => ({ ...each, context: { ...each.context, namespace } }))
  const file = path.join(home, 'kubeconfig')
  await writeFile(file, stringify({ ...config, contexts }), { mode: 0o600 })
  return file
}
