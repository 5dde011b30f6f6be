import { isDeepStrictEqual } from 'node:util'
import { type ClusterExternalSecretStatus, type Condition, LIMITS } from '@ack-secret-manager/resources'
import type { Tally } from './namespace-summary.ts'

/** What is known beside the tally. */
export interface ClusterExternalSecretFacts {
  readonly generation: number
  /** Name of the ExternalSecrets; undefined where the spec cannot be read. */
  readonly externalSecretName: string | undefined
  /** What is wrong with the spec. */
  readonly problem: string | undefined
  /** As last written. */
  readonly old: ClusterExternalSecretStatus | undefined
  readonly nowMs: number
}

/** A status to be written, and what is worth telling people. */
export interface ClusterExternalSecretNews {
  /** A merge patch. */
  readonly status: object
  readonly event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string } | undefined
}

type Readiness = Pick<Condition, 'status' | 'reason' | 'message'>

const MAX_MESSAGE = 1_024
/** Namespaces that a message names. */
const MAX_NAMES = 5

/**
 * The status of a ClusterExternalSecret, or undefined where the old one still says it. Pure.
 * @param tally undefined where the spec cannot be read: then nothing is done, and the lists stay
 */
export function clusterExternalSecretStatus(
  tally: Tally | undefined,
  facts: ClusterExternalSecretFacts,
): ClusterExternalSecretNews | undefined {
  const { generation, externalSecretName, old, nowMs } = facts
  const before = old?.conditions.find(({ type }) => type === 'Ready')
  const readiness = readinessOf(tally, facts)
  const ready = { type: 'Ready', ...readiness, message: readiness.message.slice(0, MAX_MESSAGE) }
  const name = externalSecretName ?? old?.externalSecretName
  const content = {
    observedGeneration: generation,
    ...(name === undefined ? {} : { externalSecretName: name }),
    provisionedNamespaces: (tally?.provisioned ?? old?.provisionedNamespaces ?? []).slice(
      0,
      LIMITS.provisionedNamespaces,
    ),
    failedNamespaces: (tally?.failed ?? old?.failedNamespaces ?? []).slice(0, LIMITS.failedNamespaces),
  }
  const condition = { ...ready, observedGeneration: generation }
  if (old && isDeepStrictEqual({ ...content, conditions: [condition] }, comparable(old))) return undefined
  const since = before?.status === ready.status ? before.lastTransitionTime : undefined
  const lastTransitionTime = since ?? new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z')
  return { status: { ...content, conditions: [{ ...condition, lastTransitionTime }] }, event: eventOf(ready, before) }
}

function readinessOf(tally: Tally | undefined, { problem, externalSecretName }: ClusterExternalSecretFacts): Readiness {
  if (!tally || problem !== undefined) return { status: 'False', reason: 'InvalidSpec', message: problem ?? '' }
  const { provisioned, failed, pending } = tally
  const what = `ExternalSecret ${externalSecretName}`
  const [first] = failed
  if (first) {
    const names = failed.slice(0, MAX_NAMES).map(({ namespace }) => namespace)
    const list = `${names.join(', ')}${failed.length > names.length ? ', …' : ''}`
    const message = `${what} failed in ${namespaces(failed.length)} (${list}): ${first.reason ?? ''}`
    return { status: 'False', reason: 'Degraded', message: `${message}${cut(tally)}` }
  }
  if (pending.length > 0) {
    const message = `${what} is on its way: ${namespaces(pending.length)} to go, ${provisioned.length} have it`
    return { status: 'Unknown', reason: 'Progressing', message }
  }
  if (provisioned.length === 0) {
    return {
      status: 'True',
      reason: 'NoNamespace',
      message: 'no namespace is selected; each that will be gets its own',
    }
  }
  return {
    status: 'True',
    reason: 'Provisioned',
    message: `${what} is in ${namespaces(provisioned.length)}${cut(tally)}`,
  }
}

/** That a list is not whole. */
function cut({ provisioned, failed }: Tally): string {
  const isCut = provisioned.length > LIMITS.provisionedNamespaces || failed.length > LIMITS.failedNamespaces
  const limits = `${LIMITS.provisionedNamespaces} and ${LIMITS.failedNamespaces}`
  return isCut ? `; the lists of this status end after ${limits} namespaces` : ''
}

function namespaces(count: number): string {
  return count === 1 ? '1 namespace' : `${count} namespaces`
}

function comparable({ conditions, ...rest }: ClusterExternalSecretStatus): unknown {
  const [{ lastTransitionTime: _time, ...ready } = {}, ...others] = conditions
  return { ...rest, conditions: [ready, ...others] }
}

/** Progress is no event, nor is a failure that goes on in other namespaces. */
function eventOf(ready: Readiness, before: Condition | undefined): ClusterExternalSecretNews['event'] {
  const { status, reason, message } = ready
  const isNews = before?.status !== status || before.reason !== reason
  if (status === 'False' && isNews) return { type: 'Warning', reason, message }
  return status === 'True' && before?.status === 'False' ? { type: 'Normal', reason, message } : undefined
}
