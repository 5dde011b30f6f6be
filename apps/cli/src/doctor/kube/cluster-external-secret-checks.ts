import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { clusterExternalSecretStatusSchema, readyOf, reasonGuideOf, resourcesPath } from '@ack-secret-manager/resources'
import type { Check, Finding } from '../check.ts'
import { groupedBy, listed } from '../../output/listed.ts'
import { findingsByResource, isOverdue, type Trouble, troubleOf } from './conditions.ts'
import { CRDS, type KubeContext, USER_ACCESS } from './kube-context.ts'
import { ifPermitted, listAll } from './kube-reads.ts'

interface ClusterResource extends KubeObject {
  readonly status?: unknown
}

const TITLE = 'ClusterExternalSecrets'

/** Conditions of all ClusterExternalSecrets. */
export function clusterExternalSecretChecks({ client, nowMs }: KubeContext): readonly Check[] {
  return [
    {
      id: 'kube.clusterexternalsecrets',
      section: 'Resources',
      title: TITLE,
      needs: [USER_ACCESS, CRDS],
      timeoutMs: 30_000,
      action: 'Check the API server',
      run: (signal) =>
        ifPermitted('list clusterexternalsecrets', async () => {
          const { items } = await listAll<ClusterResource>(client, resourcesPath('ClusterExternalSecret'), signal)
          return findingsOf(items, nowMs())
        }),
    },
  ]
}

function findingsOf(resources: readonly ClusterResource[], nowMs: number): readonly Finding[] {
  const troubles: Trouble[] = []
  const [fine, silent]: [string[], string[]] = [[], []]
  const idle: Array<{ readonly reason: string; readonly name: string }> = []
  for (const resource of resources) {
    const status = clusterExternalSecretStatusSchema.safeParse(resource.status ?? {}).data
    const ready = readyOf(status)
    const name = resource.metadata.name ?? ''
    if (ready === undefined) {
      if (isOverdue(resource, nowMs)) silent.push(name)
    } else if (ready.reason === 'Provisioned') fine.push(name)
    else if (ready.status !== 'False') idle.push({ reason: ready.reason, name })
    else {
      const failed = (status?.failedNamespaces ?? []).map(({ namespace, reason = '' }) => `${namespace}: ${reason}`)
      const message = failed.length === 0 ? ready.message : `${ready.message}; ${listed(failed, 2)}`
      troubles.push(troubleOf('ClusterExternalSecret', { namespace: '', name }, { ...ready, message }))
    }
  }
  return [
    ...(fine.length > 0 || resources.length === 0
      ? [{ status: 'ok', detail: `${fine.length} Provisioned` } as const]
      : []),
    ...findingsByResource(troubles, 'ClusterExternalSecret'),
    ...(silent.length === 0 ? [] : [silentFinding(silent)]),
    ...[...groupedBy(idle, ({ reason }) => reason)].map(([reason, group]) => idleFinding(reason, group)),
  ]
}

/** Selects nothing, or is not done yet: no failure, and perhaps not what the user wants. */
function idleFinding(reason: string, group: ReadonlyArray<{ readonly name: string }>): Finding {
  const guide = reasonGuideOf('ClusterExternalSecret', 'Ready', reason)
  const names = group.map((each) => each.name)
  return {
    status: 'skipped',
    detail: `${group.length} ${reason}: ${listed(names)}: ${guide?.means ?? ''} ${guide?.cure ?? ''}`,
    resources: names,
  }
}

function silentFinding(names: readonly string[]): Finding {
  return {
    status: 'failed',
    detail: `${names.length} without a status: ${listed(names)}`,
    action:
      'Correct the operator first: it has not reconciled them, or runs with --process-cluster-external-secret=false',
    resources: names,
  }
}
