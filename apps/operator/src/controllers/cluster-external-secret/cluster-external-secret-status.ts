import { defined } from '@ack-secret-manager/core'
import { isDeepStrictEqual } from 'node:util'
import { type ClusterExternalSecretStatus, type Condition, LIMITS } from '@ack-secret-manager/resources'
import type { NamespaceSummary } from './namespace-summary.ts'

/** Input of {@link clusterExternalSecretStatus} in addition to the summary. */
export interface ClusterExternalSecretStatusInput {
  readonly generation: number
  /** Name of the ExternalSecrets; undefined if the spec is invalid. */
  readonly externalSecretName: string | undefined
  /** Error in the spec. */
  readonly problem: string | undefined
  /** The current status. */
  readonly old: ClusterExternalSecretStatus | undefined
  readonly nowMs: number
}

/** A status to write, and its event. */
export interface ClusterExternalSecretStatusChange {
  /** A merge patch. */
  readonly status: object
  readonly event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string } | undefined
}

type Readiness = Pick<Condition, 'status' | 'reason' | 'message'>

const MAX_MESSAGE = 1_024
/** Limit of namespaces listed in a message. */
const MAX_NAMES = 5

/**
 * The new status of a ClusterExternalSecret, or undefined if it is unchanged. Pure.
 * @param summary undefined if the spec is invalid: the lists are kept
 */
export function clusterExternalSecretStatus(
  summary: NamespaceSummary | undefined,
  facts: ClusterExternalSecretStatusInput,
): ClusterExternalSecretStatusChange | undefined {
  const { generation, externalSecretName, old, nowMs } = facts
  const before = old?.conditions.find(({ type }) => type === 'Ready')
  const readiness = readinessOf(summary, facts)
  const ready = { type: 'Ready', ...readiness, message: readiness.message.slice(0, MAX_MESSAGE) }
  const name = externalSecretName ?? old?.externalSecretName
  const content = {
    observedGeneration: generation,
    ...defined({ externalSecretName: name }),
    provisionedNamespaces: (summary?.provisioned ?? old?.provisionedNamespaces ?? []).slice(
      0,
      LIMITS.provisionedNamespaces,
    ),
    failedNamespaces: (summary?.failed ?? old?.failedNamespaces ?? []).slice(0, LIMITS.failedNamespaces),
  }
  const condition = { ...ready, observedGeneration: generation }
  if (old && isDeepStrictEqual({ ...content, conditions: [condition] }, comparable(old))) return undefined
  const since = before?.status === ready.status ? before.lastTransitionTime : undefined
  const lastTransitionTime = since ?? new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z')
  return { status: { ...content, conditions: [{ ...condition, lastTransitionTime }] }, event: eventOf(ready, before) }
}

function readinessOf(
  summary: NamespaceSummary | undefined,
  { problem, externalSecretName }: ClusterExternalSecretStatusInput,
): Readiness {
  if (!summary || problem !== undefined) return { status: 'False', reason: 'InvalidSpec', message: problem ?? '' }
  const { provisioned, failed, pending } = summary
  const what = `ExternalSecret ${externalSecretName}`
  const [first] = failed
  if (first) {
    const names = failed.slice(0, MAX_NAMES).map(({ namespace }) => namespace)
    const list = `${names.join(', ')}${failed.length > names.length ? ', …' : ''}`
    const message = `${what} failed in ${namespaces(failed.length)} (${list}): ${first.reason ?? ''}`
    return { status: 'False', reason: 'Degraded', message: `${message}${cut(summary)}` }
  }
  if (pending.length > 0) {
    const message = `${what} is being created: ${namespaces(pending.length)} pending, ${provisioned.length} done`
    return { status: 'Unknown', reason: 'Progressing', message }
  }
  if (provisioned.length === 0) {
    return {
      status: 'True',
      reason: 'NoNamespace',
      message: 'no namespace matches; the ExternalSecret is created once one does',
    }
  }
  return {
    status: 'True',
    reason: 'Provisioned',
    message: `${what} is in ${namespaces(provisioned.length)}${cut(summary)}`,
  }
}

/** Notes that a list of the status is truncated. */
function cut({ provisioned, failed }: NamespaceSummary): string {
  const isCut = provisioned.length > LIMITS.provisionedNamespaces || failed.length > LIMITS.failedNamespaces
  const limits = `${LIMITS.provisionedNamespaces} and ${LIMITS.failedNamespaces}`
  return isCut ? `; the lists in this status are truncated after ${limits} namespaces` : ''
}

function namespaces(count: number): string {
  return count === 1 ? '1 namespace' : `${count} namespaces`
}

function comparable({ conditions, ...rest }: ClusterExternalSecretStatus): unknown {
  const [{ lastTransitionTime: _time, ...ready } = {}, ...others] = conditions
  return { ...rest, conditions: [ready, ...others] }
}

/** Progress gets no event, and neither does a failure that spreads to other namespaces. */
function eventOf(ready: Readiness, before: Condition | undefined): ClusterExternalSecretStatusChange['event'] {
  const { status, reason, message } = ready
  const isNews = before?.status !== status || before.reason !== reason
  if (status === 'False' && isNews) return { type: 'Warning', reason, message }
  return status === 'True' && before?.status === 'False' ? { type: 'Normal', reason, message } : undefined
}
