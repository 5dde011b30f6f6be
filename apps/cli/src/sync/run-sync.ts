import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { type SecretSyncError, systemClock } from '@ack-secret-manager/core'
import { FileSecretWriter } from '@ack-secret-manager/file-writer'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import path from 'node:path'
import type { SYNC_FLAGS } from './sync-flags.ts'
import { commandFailureOf } from '../failure.ts'
import { Log } from '../output/log.ts'
import { ChangeReporter } from './change-reporter.ts'
import { openCluster } from './cluster/cluster.ts'
import { followManifests } from './follow-manifests.ts'
import { meaninglessForFiles } from './meaningless-fields.ts'
import { printResults } from './print-results.ts'
import { isFailure } from './resource-result.ts'
import { runPass } from './run-pass.ts'
import type { SyncSessionOptions } from './sync-session.ts'
import { jsonText } from '../output/json-text.ts'
import { openManifests } from './open-manifests.ts'

type Call = CommandCall<typeof SYNC_FLAGS>

const DEFAULT_POLLING_INTERVAL_MS = 120_000

/** `acksm sync` */
export async function runSync(call: Call): Promise<number> {
  let hasPrinted = false
  try {
    return await syncAll(call, () => (hasPrinted = true))
  } catch (error) {
    if (!hasPrinted) printProblems(error, call)
    throw error
  }
}

async function syncAll(call: Call, onPrinted: () => void): Promise<number> {
  checkFlags(call)
  const cluster = call.flags.kube ? await openCluster(call.flags, call.io) : undefined
  try {
    return await syncWith(cluster, call, onPrinted)
  } finally {
    await cluster?.close()
  }
}

async function syncWith(cluster: KubeClient | undefined, call: Call, onPrinted: () => void): Promise<number> {
  const { flags, typed, io } = call
  const { output: format, watch } = flags
  const log = new Log(io.stderr, flags['log-level'])
  const reader = openManifests(call, log, cluster)
  const manifests = await reader.read(io.signal)
  const changes = new ChangeReporter({ io, output: format, clock: systemClock })
  const pollingIntervalMs = flags['polling-interval'] ?? DEFAULT_POLLING_INTERVAL_MS
  const output = cluster ? await clusterOutput(cluster) : fileOutput(path.resolve(io.cwd, flags.out ?? ''), log)
  const session = await runPass(
    { flags, typed, env: io.env, log, cluster, ...output, ...(watch ? { pollingIntervalMs, observer: changes } : {}) },
    manifests,
    io,
  )
  try {
    if (io.signal.aborted) return interrupted(io.signal, watch)
    const results = session.results(flags.timeout)
    printResults(results, format, io)
    onPrinted()
    if (!watch) {
      const missed = await session.restartsTried(AbortSignal.any([io.signal, AbortSignal.timeout(flags.timeout)]))
      return results.some(isFailure) || missed.length > 0 ? 1 : 0
    }
    changes.begin(results)
    await followManifests(session, reader, log, io.signal)
    return interrupted(io.signal, watch)
  } finally {
    await session.close()
  }
}

/** With JSON output, a script gets a document even if nothing could be synced. */
function printProblems(error: unknown, { flags, io }: Call): void {
  const { lines } = commandFailureOf(error, 'sync', io.signal)
  if (flags.output !== 'json' || lines.length === 0) return
  io.stdout.write(jsonText({ resources: [], problems: lines }))
}

/** SIGTERM is the regular end of `--watch`, but interrupts a single pass. */
function interrupted(signal: AbortSignal, isEndless: boolean): number {
  return isEndless && signal.reason === 'SIGTERM' ? 0 : 130
}

type Output = Pick<SyncSessionOptions, 'openWriter' | 'restarter' | 'meaningless'>

async function clusterOutput(client: KubeClient): Promise<Output> {
  const { KubeSecretWriter, KubeWorkloadRestarter } = await import('@ack-secret-manager/k8s-writer')
  return {
    openWriter: (digester) => Promise.resolve(new KubeSecretWriter({ client, digester, watch: false })),
    restarter: new KubeWorkloadRestarter({ client }),
  }
}

function fileOutput(directory: string, log: Log): Output {
  const onCleanupFailed = ({ message }: SecretSyncError): void => log.warn(message)
  return {
    openWriter: (digester) => FileSecretWriter.open({ directory, digester, onCleanupFailed }),
    meaningless: meaninglessForFiles,
  }
}

function checkFlags({ flags, typed }: Call): void {
  if (flags.kube && flags.out !== undefined)
    throw new UsageError('--kube and --out cannot be combined; use one of them')
  if (!flags.kube && flags.out === undefined) throw new UsageError('--out DIR or --kube is required')
  for (const name of ['kubeconfig', 'context'] as const) {
    if (typed.has(name) && !flags.kube) throw new UsageError(`--${name} needs --kube`)
  }
  if (typed.has('polling-interval') && !flags.watch) throw new UsageError('--polling-interval needs --watch')
}
