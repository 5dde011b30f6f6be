import { isDeepStrictEqual } from 'node:util'
import { reasonOf, retryOf, type SecretSyncError } from '@ack-secret-manager/core'
import { type Condition, LIMITS, type PushedSecret, type PushSecretStatus } from '@ack-secret-manager/resources'

/** Why something could not be pushed. */
export interface PushFailure {
  /** Reason of the Ready condition. */
  readonly reason: string
  readonly message: string
  /** Retry soon, with backoff. */
  readonly isTransient: boolean
}

/** Converts an error to a failure. */
export function failureOf({ code, message }: Pick<SecretSyncError, 'code' | 'message'>): PushFailure {
  return { reason: reasonOf(code), message, isTransient: retryOf(code) === 'transient' }
}

/** The outcome of one KMS secret. */
export interface PushOutcome {
  readonly entry: PushedSecret
  readonly failure?: PushFailure
  /** Why the deletion of the secret waits. */
  readonly held?: string
}

/** The outcomes of all KMS secrets of a PushSecret, or why none could be processed. */
export type PushReport =
  | { readonly outcomes: readonly PushOutcome[]; readonly failures?: readonly PushFailure[]; readonly problem?: never }
  | { readonly problem: PushFailure; readonly outcomes?: never; readonly failures?: never }

/** A status to write, and its event. */
export interface PushStatusChange {
  /** A merge patch. */
  readonly status: object
  readonly event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string } | undefined
}

type Readiness = Pick<Condition, 'status' | 'reason' | 'message'>

const MAX_MESSAGE = 1_024

/** The new status, or undefined if it is unchanged. A problem keeps the record of KMS secrets. Pure. */
export function pushStatus(
  report: PushReport,
  {
    generation,
    old,
    nowMs,
  }: { readonly generation: number; readonly old: PushSecretStatus | undefined; readonly nowMs: number },
): PushStatusChange | undefined {
  const before = old?.conditions.find(({ type }) => type === 'Ready')
  const readiness = readinessOf(report)
  const ready = {
    type: 'Ready',
    ...readiness,
    message: readiness.message.slice(0, MAX_MESSAGE),
    observedGeneration: generation,
  }
  const secrets = report.outcomes?.map(recorded) ?? old?.secrets ?? []
  const content = { observedGeneration: generation, secrets }
  if (old !== undefined && isDeepStrictEqual({ ...content, conditions: [ready] }, comparable(old))) return undefined
  const since = before?.status === ready.status ? before.lastTransitionTime : undefined
  const lastTransitionTime = since ?? new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z')
  return { status: { ...content, conditions: [{ ...ready, lastTransitionTime }] }, event: eventOf(ready, before) }
}

function readinessOf({ problem, outcomes = [], failures = [] }: PushReport): Readiness {
  if (problem !== undefined) return notReady(problem.reason, problem.message)
  const all = [...failures, ...outcomes.flatMap(({ failure }) => failure ?? [])]
  const [first, ...others] = all
  if (first === undefined) {
    const kept = outcomes.filter(({ entry }) => entry.state === 'Kept').length
    const what = `${outcomes.length} KMS ${outcomes.length === 1 ? 'secret is' : 'secrets are'} up to date`
    const note = kept === 0 ? '' : ` (${kept} existed and ${kept === 1 ? 'was' : 'were'} left unchanged)`
    return { status: 'True', reason: 'Synced', message: `${what}${note}` }
  }
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return notReady(
    others.every(({ reason }) => reason === first.reason) ? first.reason : 'Degraded',
    `${first.message}${more}`,
  )
}

function notReady(reason: string, message: string): Readiness {
  return { status: 'False', reason, message }
}

function recorded({ entry: { reason: _former, ...entry }, failure, held }: PushOutcome): PushedSecret {
  const reason = failure?.message ?? held
  return reason === undefined ? entry : { ...entry, reason: reason.slice(0, LIMITS.failureReason) }
}

function comparable({ conditions, ...rest }: PushSecretStatus): unknown {
  const [{ lastTransitionTime: _time, ...ready } = {}, ...others] = conditions
  return { ...rest, conditions: [ready, ...others] }
}

/** A failure that spreads to other KMS secrets gets no further event. */
function eventOf(ready: Readiness, before: Condition | undefined): PushStatusChange['event'] {
  const { status, reason, message } = ready
  const isNews = before?.status !== status || before.reason !== reason
  if (status === 'False' && isNews) return { type: 'Warning', reason, message }
  return status === 'True' && before?.status === 'False' ? { type: 'Normal', reason, message } : undefined
}
