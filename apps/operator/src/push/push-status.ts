import { type ErrorCode, reasonOf, retryOf, SecretSyncError } from '@ack-secret-manager/core'
import { LIMITS, type PushedSecret, type PushSecretStatus } from '@ack-secret-manager/resources'
import { type Readiness, readyStatus, type StatusChange } from '../status/ready-status.ts'

/** Why something could not be pushed. */
export interface PushFailure {
  readonly code: ErrorCode
  /** Reason of the Ready condition. */
  readonly reason: string
  readonly message: string
  /** Retry soon, with backoff. */
  readonly isTransient: boolean
}

/** Converts an error to a failure. */
export function failureOf({ code, message }: Pick<SecretSyncError, 'code' | 'message'>): PushFailure {
  return { code, reason: reasonOf(code), message, isTransient: retryOf(code) === 'transient' }
}

/** The outcome of one KMS secret. */
export interface PushOutcome {
  readonly entry: PushedSecret
  readonly failure?: PushFailure
  /** Why the deletion of the secret waits. */
  readonly held?: string
}

/** The outcome of a KMS secret that was not pushed. */
export function failed(entry: PushedSecret, failure: PushFailure): PushOutcome {
  return { entry: { ...entry, state: entry.state === 'Pending' ? 'Pending' : 'Failed' }, failure }
}

/** Why the deletion of a PushSecret waits. */
export function waitingFailure(error: SecretSyncError): PushFailure {
  const message = `${error.message}; the PushSecret stays until then, or until deletionPolicy is None`
  return { ...failureOf(error), message, reason: 'DeletionFailed' }
}

/** Why a KMS secret that is no longer pushed is not deleted. */
export function keptFailure(error: SecretSyncError): PushFailure {
  const failure = failureOf(error)
  const cure = failure.isTransient ? '' : '; to leave it in KMS, set deletionPolicy: None until the PushSecret is Ready'
  return { ...failure, message: `${error.message}${cure}`, reason: 'DeletionFailed' }
}

/** What a later deletion needs is not stored as it was sent, so that the KMS secrets would stay. */
export function changedByAdmission(what: 'finalizer' | 'status'): SecretSyncError {
  return new SecretSyncError(
    'WriteFailed',
    `an admission webhook or policy changed the ${what} of the PushSecret, without which its KMS secrets could not be deleted later; exclude PushSecrets from it`,
  )
}

/** The outcomes of all KMS secrets of a PushSecret, or why none could be processed. */
export type PushReport =
  | { readonly outcomes: readonly PushOutcome[]; readonly failures?: readonly PushFailure[]; readonly problem?: never }
  | { readonly problem: PushFailure; readonly outcomes?: never; readonly failures?: never }

/** The new status, or undefined if it is unchanged. A problem keeps the record of KMS secrets. Pure. */
export function pushStatus(
  report: PushReport,
  facts: { readonly generation: number; readonly old: PushSecretStatus | undefined; readonly nowMs: number },
): StatusChange | undefined {
  const secrets = report.outcomes?.map(recorded) ?? facts.old?.secrets ?? []
  return readyStatus({ observedGeneration: facts.generation, secrets }, readinessOf(report), facts)
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
