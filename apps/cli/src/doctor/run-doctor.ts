import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { systemClock } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { Log } from '../output/log.ts'
import { Progress } from '../output/progress.ts'
import { openCluster } from '../sync/cluster/cluster.ts'
import type { Check } from './check.ts'
import type { DOCTOR_FLAGS } from './doctor-flags.ts'
import { clusterChecks } from './kube/cluster-checks.ts'
import { type LocalChecks, openLocalChecks } from './local-checks.ts'
import { printReport, summaryOf } from './report.ts'
import { runChecks } from './run-checks.ts'
import { openManifests } from '../sync/open-manifests.ts'

type Call = CommandCall<typeof DOCTOR_FLAGS>

/** Checks at once; each has few connections. */
const CONCURRENT_CHECKS = 8

/** `acksm doctor` */
export async function runDoctor(call: Call): Promise<number> {
  const { flags, io } = call
  checkFlags(call)
  const cluster = flags.kube ? await openCluster(flags, io) : undefined
  const progress = new Progress(io, systemClock, () => 'checking …')
  let local: LocalChecks | undefined
  try {
    const log = new Log(io.stderr, flags['log-level'])
    const hasManifests = flags.filename.length > 0
    const manifests = hasManifests ? await openManifests(call, log, cluster).read(io.signal) : undefined
    local = await openLocalChecks({ call, log, manifests, cluster })
    const results = await runChecks([...local.checks, ...(cluster ? kubeChecks(cluster, call) : [])], {
      clock: systemClock,
      concurrency: CONCURRENT_CHECKS,
      timeoutMs: flags.timeout,
      signal: io.signal,
    })
    progress.end()
    printReport(results, flags.output, io)
    return summaryOf(results).failed > 0 ? 1 : 0
  } finally {
    progress.end()
    await local?.close()
    await cluster?.close()
  }
}

function kubeChecks(client: KubeClient, { flags }: Call): readonly Check[] {
  const { namespace, 'operator-namespace': operatorNamespace } = flags
  return clusterChecks({ client, namespace, operatorNamespace, clock: systemClock })
}

function checkFlags({ flags, typed }: Call): void {
  for (const name of ['kubeconfig', 'context', 'operator-namespace'] as const) {
    if (typed.has(name) && !flags.kube) throw new UsageError(`--${name} needs --kube`)
  }
}
