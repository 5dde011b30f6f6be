import type { CommandIo } from '@ack-secret-manager/command-line'
import { SecretSyncError } from '@ack-secret-manager/core'
import { Log, type LogLevel } from '../output/log.ts'
import { openCluster } from '../sync/cluster/cluster.ts'
import { ClusterReader } from './cluster-reader.ts'

/** Flags that select the cluster; see `KUBE_FLAGS`. */
export interface KubeChoice {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  readonly 'log-level': LogLevel
}

/** A cluster as one command uses it. */
export interface KubeSession {
  readonly reader: ClusterReader
  /** Of the context. */
  readonly namespace: string
  readonly log: Log
  /** Of the whole command, for a screen that is drawn again. They were printed, too. */
  readonly warnings: readonly string[]
}

/** Options of {@link withKube}. */
export interface KubeSessionOptions {
  readonly flags: KubeChoice
  readonly io: CommandIo
  /** Of the whole command. @default none: it runs until it is interrupted */
  readonly timeoutMs?: number
}

/**
 * Opens the cluster of the kubeconfig for one command. Its notes are printed at the end.
 * @throws UsageError for an invalid kubeconfig; SecretSyncError `Timeout` at the deadline
 */
export async function withKube(
  { flags, io, timeoutMs }: KubeSessionOptions,
  work: (session: KubeSession) => Promise<number>,
): Promise<number> {
  const log = new Log(io.stderr, flags['log-level'])
  const warnings: string[] = []
  const client = await openCluster(flags, io, (message) => {
    warnings.push(message)
    log.warn(message)
  })
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
  const signal = deadline === undefined ? io.signal : AbortSignal.any([io.signal, deadline])
  const reader = new ClusterReader({ client, signal })
  try {
    const exitCode = await work({ reader, namespace: client.namespace ?? 'default', log, warnings })
    for (const note of reader.takeNotes()) log.info(note)
    return exitCode
  } catch (error) {
    if (deadline?.aborted !== true || io.signal.aborted || timeoutMs === undefined) throw error
    throw new SecretSyncError('Timeout', `not finished within ${timeoutMs / 1_000} s; increase --timeout`)
  } finally {
    await client.close()
  }
}
