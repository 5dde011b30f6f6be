import { UsageError } from '@ack-secret-manager/command-line'
import { defined, errorKind, isSecretSyncError, systemClock } from '@ack-secret-manager/core'
import { credentialSource, isKubeApiError, type KubeClientOptions } from '@ack-secret-manager/k8s-client'
import { loadBackendPackages } from '@ack-secret-manager/plugin-loader'
import { operatorConfig } from './config/operator-config.ts'
import { parseFlags } from './config/parse-flags.ts'
import { openKubeClients } from './kube-clients.ts'
import { LeadershipFence } from './leadership-fence.ts'
import { FaultLog } from './observability/fault-log.ts'
import { createLogger } from './observability/logger.ts'
import { createMetrics } from './observability/metrics.ts'
import { NamespaceAccess } from './namespace-access.ts'
import type { OperatorOptions } from './operator-options.ts'
import { type OperatorEnd, runOperator } from './operator.ts'
import { VERSION } from './version.ts'

/** Process facilities that the operator uses. */
export interface OperatorProcess {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: { write(text: string): void }
  readonly stderr: { write(text: string): void }
  /** Width of the terminal in characters, for the help. @default 100 */
  readonly columns?: number
  /** Whether stdout is a terminal. @default false */
  readonly isTerminal?: boolean
  /** Aborts on SIGTERM and SIGINT. */
  readonly signal: AbortSignal
}

/** Runs the operator. @returns the exit code: 0 after a signal, 1 on a fatal error, 2 on invalid usage */
export async function runMain({
  argv,
  env,
  stdout,
  stderr,
  columns = 100,
  isTerminal = false,
  signal,
}: OperatorProcess): Promise<number> {
  try {
    const flags = parseFlags(argv, env, { stdout, columns })
    if (flags === undefined) return 0
    const config = operatorConfig(flags.values)
    const { logFormat, logLevel: level } = config
    const format = logFormat === 'auto' ? (isTerminal ? 'text' : 'json') : logFormat
    const log = createLogger({ format, level }, stdout)
    for (const warning of flags.warnings) log.warn(warning)
    const { backendPackages: packages, pluginDirs } = config
    const backends = await loadBackendPackages({ packages, pluginDirs, appDir: import.meta.url, env })
    // Each store that uses a failed package reports it, too.
    for (const { message } of backends.failures) log.error(message)
    if (backends.loaded.length > 0) log.info({ packages: backends.loaded }, 'Backend packages loaded')
    const metrics = createMetrics(VERSION, { perResource: config.metricsPerResource })
    const faults = new FaultLog({ log, clock: systemClock })
    const onRequest: NonNullable<KubeClientOptions['onRequest']> = ({ verb, resource, code }) => {
      metrics.kubeRequests.inc({ verb, resource, code: String(code) })
      faults.recordResponse(code)
    }
    const namespaceAccess = new NamespaceAccess({ log, clock: systemClock, random: Math.random })
    const options = { config, log, metrics, faults, env, backends, namespaceAccess }
    // One for all runs, so that each has the same cluster.
    const credentials = await credentialSource({
      ...defined({ kubeconfigPath: config.kubeconfig }),
      onOtherCluster: (message) => log.warn(message),
    })
    let end: OperatorEnd
    do end = await runOnce(options, { credentials, onRequest }, signal)
    while (end === 'released' && !signal.aborted)
    if (end === 'released') {
      log.info('Stopped')
      return 0
    }
    if (end === 'rolled-back') {
      stderr.write(
        'ack-secret-manager: resourceVersion went backwards (etcd restored from a backup?); exiting to rebuild all caches\n',
      )
      return 1
    }
    log.error('Leader election lost; exiting so that the pod restarts as a standby')
    stderr.write('ack-secret-manager: leader election lost; another replica may already be the leader\n')
    return 1
  } catch (error) {
    if (signal.aborted && isSecretSyncError(error) && error.code === 'Cancelled') return 0
    if (error instanceof UsageError) {
      stderr.write(`ack-secret-manager: ${error.message}; see --help\n`)
      return 2
    }
    stderr.write(`ack-secret-manager: ${fatalMessage(error)}\n`)
    return 1
  }
}

/** Runs the operator with its own clients and fence. @returns `released` also after `restart` */
async function runOnce(
  options: Omit<OperatorOptions, 'client' | 'leaseClient' | 'memberClient' | 'fence' | 'restart'>,
  connection: Required<Pick<KubeClientOptions, 'credentials' | 'onRequest'>>,
  signal: AbortSignal,
): Promise<OperatorEnd> {
  const { config, log, metrics } = options
  const run = new AbortController()
  const restart = (): void => run.abort()
  if (signal.aborted) restart()
  signal.addEventListener('abort', restart, { once: true })
  const fence = new LeadershipFence()
  const clients = openKubeClients(config, connection, fence)
  const { client } = clients
  log.info({ version: VERSION, node: process.version, region: config.region, cluster: client.description }, 'Starting')
  try {
    return await runOperator({ ...options, ...clients, fence, restart }, run.signal)
  } catch (error) {
    if (run.signal.aborted && isSecretSyncError(error) && error.code === 'Cancelled') return 'released'
    throw error
  } finally {
    signal.removeEventListener('abort', restart)
    await Promise.all(Object.values(clients).map((each) => each.close()))
    // No scrape updates these until the next run has its parts.
    metrics.leader.set(0)
    metrics.members.set(0)
  }
}

/** One line. Messages of foreign errors may contain secrets, so only their kind is printed. */
function fatalMessage(error: unknown): string {
  if (isSecretSyncError(error) || isKubeApiError(error)) return error.message
  if (error instanceof Error && 'code' in error && 'syscall' in error)
    return `${String(error.syscall)} failed: ${String(error.code)}`
  return `unexpected ${errorKind(error)}; this is a defect, please report it`
}
