import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { FileSecretWriter } from '@ack-secret-manager/file-writer'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import path from 'node:path'
import { Log } from '../output/log.ts'
import { openCluster } from '../sync/cluster/cluster.ts'
import { meaninglessForFiles } from '../sync/meaningless-fields.ts'
import { isFailure } from '../sync/resource-result.ts'
import { runPass } from '../sync/run-pass.ts'
import type { SyncSessionOptions } from '../sync/sync-session.ts'
import type { DIFF_FLAGS } from './diff-flags.ts'
import { DryRunRestarter } from './dry-run-restarter.ts'
import { DryRunWriter } from './dry-run-writer.ts'
import { printDiff } from './print-diff.ts'
import { fileContent, kubeContent } from './target-content.ts'
import { openManifests } from '../sync/open-manifests.ts'

type Call = CommandCall<typeof DIFF_FLAGS>

/** Where a diff looks, and what it finds there. */
interface Comparison {
  readonly session: Pick<SyncSessionOptions, 'openWriter' | 'restarter' | 'meaningless'>
  readonly found: () => { readonly writer: DryRunWriter | undefined; readonly restarter?: DryRunRestarter }
}

/** `acksm diff` */
export async function runDiff(call: Call): Promise<number> {
  const { flags, io } = call
  const directory = directoryOf(call)
  if (directory !== undefined) return compare(call, undefined, filesOf(directory))
  const cluster = await openCluster(flags, io)
  try {
    return await compare(call, cluster, await clusterOf(cluster))
  } finally {
    await cluster.close()
  }
}

/** The directory to compare with; undefined for the cluster. The command line wins over variables. @throws UsageError */
function directoryOf({ flags, typed, io }: Call): string | undefined {
  if (flags.out === undefined || (flags.kube && !typed.has('out'))) return undefined
  if (typed.has('kube')) throw new UsageError('--kube and --out cannot be combined; use one of them')
  for (const name of ['kubeconfig', 'context']) {
    if (typed.has(name)) throw new UsageError(`--${name} has no effect with --out`)
  }
  return path.resolve(io.cwd, flags.out)
}

async function compare(call: Call, cluster: KubeClient | undefined, comparison: Comparison): Promise<number> {
  const { flags, typed, io } = call
  const log = new Log(io.stderr, flags['log-level'])
  const manifests = await openManifests(call, log, cluster).read(io.signal)
  // A diff writes nothing, so that nothing in flight has to end.
  const options = { flags, typed, env: io.env, log, cluster, ...comparison.session, writeGraceMs: 0 }
  const session = await runPass(options, manifests, io)
  try {
    const missed = await session.restartsTried(AbortSignal.any([io.signal, AbortSignal.timeout(flags.timeout)]))
    if (io.signal.aborted) return 130
    for (const message of missed) log.warn(message)
    const { writer, restarter } = comparison.found()
    const changes = writer?.diffs() ?? []
    const restarts = restarter?.restarts() ?? []
    const results = session.results(flags.timeout)
    printDiff({ changes, restarts, results, what: cluster ? 'Secret' : 'files' }, flags.output, io)
    if (missed.length > 0 || results.some(isFailure)) return 2
    return changes.length > 0 || restarts.length > 0 ? 1 : 0
  } finally {
    await session.close()
  }
}

function filesOf(directory: string): Comparison {
  let writer: DryRunWriter | undefined
  return {
    session: {
      openWriter: async (digester) => {
        const files = await FileSecretWriter.open({ directory, digester, readOnly: true })
        writer = new DryRunWriter(files, fileContent(directory))
        return writer
      },
      meaningless: meaninglessForFiles,
    },
    found: () => ({ writer }),
  }
}

async function clusterOf(client: KubeClient): Promise<Comparison> {
  const { KubeSecretWriter, KubeWorkloadRestarter } = await import('@ack-secret-manager/k8s-writer')
  const restarter = new DryRunRestarter(new KubeWorkloadRestarter({ client, dryRun: true }))
  let writer: DryRunWriter | undefined
  return {
    session: {
      openWriter: (digester) => {
        writer = new DryRunWriter(new KubeSecretWriter({ client, digester, watch: false }), kubeContent(client))
        return Promise.resolve(writer)
      },
      restarter,
    },
    found: () => ({ writer, restarter }),
  }
}
