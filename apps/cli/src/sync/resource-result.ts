import { reasonOf, type ReadyReason, type SecretSyncError } from '@ack-secret-manager/core'
import { readinessOf, requestIdsOf, type SyncOutcome } from '@ack-secret-manager/sync-engine'

/** Result of one resource, as in `--output json`. */
export interface ResourceResult {
  readonly kind: 'ExternalSecret'
  readonly namespace: string
  readonly name: string
  readonly ready: boolean
  readonly reason: ReadyReason
  readonly message: string
  /** Keys of the target that this resource owns. */
  readonly keys: readonly string[]
  /** Ids of failed requests, for Alibaba Cloud support; absent if there are none. */
  readonly requestIds?: readonly string[]
  /** Sources that could not be read; absent if there are none. */
  readonly failures?: readonly SourceFailure[]
}

/** Why a source of a resource could not be read. */
export interface SourceFailure {
  /** Path of the entry, such as `spec.data[1]`. */
  readonly field: string
  readonly secret: string
  readonly reason: ReadyReason
  readonly message: string
  /** Keys of the entry; absent if only the document names them. */
  readonly keys?: readonly string[]
}

type ResultFields = Omit<ResourceResult, 'kind' | 'namespace' | 'name'>

/** Result of a sync. With `fresh`, a value of an earlier run that cannot be read counts as stale, even in a new outage. */
export function resultOf(key: string, outcome: SyncOutcome, trust: 'fresh' | 'young'): ResourceResult {
  const isOld = trust === 'fresh' && outcome.kind === 'synced' && outcome.target.uid !== undefined
  const strict = isOld
    ? { ...outcome, failures: outcome.failures.map((failure) => ({ ...failure, stale: true })) }
    : outcome
  const { ready, reason, message } = readinessOf(strict)
  const keys = outcome.kind === 'suspended' ? [] : [...(outcome.target?.keys.keys() ?? [])]
  return result(key, {
    ready,
    reason,
    message,
    keys: keys.toSorted(),
    ...withIds(requestIdsOf(outcome)),
    ...failuresOf(outcome),
  })
}

/** Secrets that a message names. */
const MAX_NAMED = 3

/** Result of a sync that failed. */
export function failedResult(key: string, error: SecretSyncError): ResourceResult {
  const { code, message, facts } = error
  const requestIds = facts.requestId === undefined ? [] : [facts.requestId]
  return result(key, { ready: false, reason: reasonOf(code), message, keys: [], ...withIds(requestIds) })
}

/** Result of a sync that did not finish in time. @param reads secrets with their endpoints */
export function unfinishedResult(key: string, timeoutMs: number, reads: readonly string[]): ResourceResult {
  const [some, more] = [reads.slice(0, MAX_NAMED).join(', '), reads.length - MAX_NAMED]
  const named = reads.length === 0 ? '' : `; it reads ${some}${more > 0 ? ` and ${more} more` : ''}`
  const message = `not finished within ${timeoutMs / 1_000} s${named}; increase --timeout`
  return result(key, { ready: false, reason: 'Unavailable', message, keys: [] })
}

/** The message with its request ids. */
export function messageOf({ message, requestIds = [] }: ResourceResult): string {
  return requestIds.length === 0 ? message : `${message} [request id ${requestIds.join(', ')}]`
}

/** Reason and message of a resource that is not ready. The reason is not repeated if the message starts with it. */
export function lineOf(failed: ResourceResult): string {
  const message = messageOf(failed)
  return message.startsWith(`${failed.reason}: `) ? message : `${failed.reason}: ${message}`
}

/** Whether the result affects the exit code. A suspended resource is not a failure. */
export function isFailure({ ready, reason }: ResourceResult): boolean {
  return !ready && reason !== 'Suspended'
}

function failuresOf(outcome: SyncOutcome): Pick<ResourceResult, 'failures'> {
  if (outcome.kind !== 'synced' || outcome.failures.length === 0) return {}
  const failures = outcome.failures.map(({ field, secret, error: { code, message }, keys }): SourceFailure => {
    const failure = { field, secret, reason: reasonOf(code), message }
    return keys === undefined ? failure : { ...failure, keys }
  })
  return { failures }
}

function withIds(requestIds: readonly string[]): Pick<ResourceResult, 'requestIds'> {
  return requestIds.length === 0 ? {} : { requestIds }
}

function result(key: string, fields: ResultFields): ResourceResult {
  const slash = key.indexOf('/')
  return { kind: 'ExternalSecret', namespace: key.slice(0, slash), name: key.slice(slash + 1), ...fields }
}
