import { once } from 'node:events'
import { createServer } from 'node:net'
import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { apply, type Manifest, Program } from '@ack-secret-manager/testenv'
import type { Running } from './running.ts'

/** Executable files of the Go operator. */
export interface GoBinaries {
  /** As released. */
  readonly released: string | undefined
  /** Without the rate limit of its Kubernetes client. */
  readonly uncapped: string | undefined
}

/** Options of {@link startGoOperator}. */
export interface GoOperatorOptions {
  readonly binary: string
  readonly kubeconfigPath: string
  readonly caFile: string
  /** `host:port` */
  readonly kmsEndpoint: string
  readonly args: readonly string[]
}

/** It takes its leader lock as a Pod of this namespace. */
const NAMESPACE = 'kube-system'
const POD = 'go-operator'
/** Its metrics, which no flag moves. */
const METRICS_PORT = 8_080
const START_DEADLINE_MS = 60_000
/** The file that tells a Pod its namespace, in a mount namespace of its own, so that no file of this machine changes. */
const IN_POD = `mount -t tmpfs tmpfs /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
printf %s "$0" > /run/secrets/kubernetes.io/serviceaccount/namespace
exec "$@"`

/** Starts the Go operator as if it were in a Pod. @throws Error if it cannot start on this machine */
export async function startGoOperator(options: GoOperatorOptions): Promise<Running> {
  const { binary, kubeconfigPath, caFile, kmsEndpoint, args } = options
  await requireMetricsPort()
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  const flags = [`--kms-endpoint=${kmsEndpoint}`, '--enable-worker-role=false', ...args]
  const program = Program.run({
    name: 'Go operator',
    command: 'unshare',
    args: [...asRoot, '--mount', 'sh', '-euc', IN_POD, NAMESPACE, binary, ...flags],
    env: { KUBECONFIG: kubeconfigPath, SSL_CERT_FILE: caFile, POD_NAME: POD },
  })
  try {
    const go = await program.line((line) => /Go Version: go([\d.]+)/.exec(line)?.[1], START_DEADLINE_MS)
    const exited = program.exited.then(() => program.latest)
    return { pid: program.pid, go, eventLoopDelayP99Ms: async () => 0, exited, stop: () => program.stop() }
  } catch (error) {
    await program.stop()
    throw error
  }
}

/** Creates the Pod that its leader lock belongs to. */
export async function createGoPod(request: ApiRequest): Promise<void> {
  const metadata = { name: POD }
  const account: Manifest = { apiVersion: 'v1', kind: 'ServiceAccount', metadata }
  const pod: Manifest & { readonly spec: object } = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      serviceAccountName: POD,
      automountServiceAccountToken: false,
      containers: [{ name: 'operator', image: 'go-operator' }],
    },
  }
  for (const object of [account, pod]) await apply(request, object, NAMESPACE)
}

async function requireMetricsPort(): Promise<void> {
  const server = createServer().listen(METRICS_PORT)
  try {
    await once(server, 'listening')
  } catch (error) {
    const message = `port ${METRICS_PORT} is in use, where the Go operator serves its metrics; stop the other program`
    throw new Error(message, { cause: error })
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
