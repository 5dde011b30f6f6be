import { inNamespace, type KubeObject } from '@ack-secret-manager/k8s-client'
import { FIELD_MANAGER } from '@ack-secret-manager/k8s-client'
import { reasonGuideOf, REASON_GUIDES } from '@ack-secret-manager/resources'
import type { Check, Finding } from '../check.ts'
import { groupedBy, listed } from '../../output/listed.ts'
import { type KubeContext, USER_ACCESS } from './kube-context.ts'
import { ifPermitted, listAll } from './kube-reads.ts'

interface KubeEvent extends KubeObject {
  readonly reason?: string
  readonly note?: string
  readonly reportingController?: string
  readonly eventTime?: string | null
  readonly series?: { readonly lastObservedTime?: string }
  readonly regarding?: { readonly kind?: string; readonly namespace?: string; readonly name?: string }
}

const HOUR_MS = 3_600_000

/** What to do about events that no condition repeats. */
const ACTIONS: Readonly<Record<string, string>> = {
  RestartHalted: 'Repair or undo the rollout of the workload; see kubectl rollout status. The restart follows',
  RestartFailed: 'Grant get and patch on the workload (chart: rbac.restartWorkloads=true), or correct spec.restart',
  SecretDeleted: 'Create the KMS secrets again, or delete the ExternalSecret; the Secret was deleted with them',
}
/** Reasons of conditions, which other checks report for as long as they last. */
const CONDITION_REASONS = new Set(
  REASON_GUIDES.flatMap(({ condition, reason }) => (condition === 'Event' ? [] : [reason])),
)

/** Warnings of the operator in the last hour that no condition shows. */
export function eventChecks({ client, scope, nowMs }: KubeContext): readonly Check[] {
  return [
    {
      id: 'kube.events',
      section: 'Resources',
      title: 'Events',
      needs: [USER_ACCESS],
      timeoutMs: 30_000,
      action: 'Check the API server',
      run: (signal) =>
        ifPermitted('list events', async () => {
          const path = '/apis/events.k8s.io/v1/events'
          const where = scope.namespace === '' ? path : inNamespace(path, scope.namespace)
          const query = { fieldSelector: `type=Warning,reportingController=${FIELD_MANAGER}` }
          const { items } = await listAll<KubeEvent>(client, where, signal, query)
          return findingsOf(items.filter((event) => nowMs() - timeOf(event) < HOUR_MS))
        }),
    },
  ]
}

function findingsOf(events: readonly KubeEvent[]): readonly Finding[] {
  const others = events.filter(({ reason = '' }) => !CONDITION_REASONS.has(reason))
  if (others.length === 0) {
    return [{ status: 'ok', detail: `warnings in the last hour: ${events.length}, all shown by conditions` }]
  }
  return [...groupedBy(others, ({ reason = '' }) => reason)].map(([reason, group]) => {
    const names = [...new Set(group.map(({ regarding }) => nameOf(regarding)))]
    return {
      status: 'failed',
      reason,
      detail: `${group.length} ${reason} in the last hour: ${listed(names)}: ${group[0]?.note ?? ''}`,
      action:
        ACTIONS[reason] ?? reasonGuideOf('ExternalSecret', 'Event', reason)?.cure ?? 'Correct what the message names',
    }
  })
}

function nameOf(regarding: KubeEvent['regarding']): string {
  const { kind = '', namespace = '', name = '' } = regarding ?? {}
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
}

function timeOf({ eventTime, series, metadata }: KubeEvent): number {
  return Date.parse(series?.lastObservedTime ?? eventTime ?? metadata.creationTimestamp ?? '')
}
