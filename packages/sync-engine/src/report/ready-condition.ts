import { isOutage, type ReadyReason, reasonOf } from '@ack-secret-manager/core'
import type { EntryFailure } from '../model/desired-secret.ts'
import { describeGroup, type FailureGroup, groupFailures } from './failure-groups.ts'
import { listed } from './listed-names.ts'
import { isFrom } from '../model/template-provenance.ts'
import { isAwaited, isPartial, isTolerated, type SyncedOutcome, type SyncOutcome } from './sync-outcome.ts'

/** The Ready condition, without its times. */
export interface Readiness {
  readonly ready: boolean
  readonly reason: ReadyReason
  readonly message: string
  /** Failures, except those of an outage that is not stale yet. */
  readonly failures: readonly EntryFailure[]
}

/** Maximum length of a condition message. The API server allows 32,768. */
const MAX_MESSAGE_LENGTH = 1024

/** Maximum number of keys in a message; a key has up to 253 characters. */
const MAX_NAMED = 3

/** The Ready condition of an outcome. */
export function readinessOf(outcome: SyncOutcome): Readiness {
  switch (outcome.kind) {
    case 'suspended':
      return {
        ready: false,
        reason: 'Suspended',
        message: 'spec.suspend is true; the Secret is not changed',
        failures: [],
      }
    case 'refused':
      return {
        ready: false,
        reason: reasonOf(outcome.error.code),
        message: shorten(outcome.error.message),
        failures: [],
      }
    case 'synced': {
      const failures = outcome.failures.filter((failure) => !isTolerated(failure, outcome))
      const refused = (outcome.refused ?? []).filter((failure) => !isAwaited(failure))
      if (failures.length + refused.length > 0) return failing(outcome, failures, refused)
      const count = outcome.target.keys.size
      const message = `${count} ${count === 1 ? 'key' : 'keys'} up to date${disputedText(outcome)}`
      return { ready: true, reason: 'Synced', message, failures }
    }
  }
}

/** Whether the resource is ready and every source could be read. */
export function isHealthy(outcome: SyncOutcome): boolean {
  return readinessOf(outcome).ready && !isPartial(outcome)
}

function failing(outcome: SyncedOutcome, failed: readonly EntryFailure[], refused: readonly EntryFailure[]): Readiness {
  const failures = [...failed, ...refused]
  const reasons = new Set(failures.map((failure) => reasonOfFailure(failure, outcome)))
  const [only] = reasons
  const all = [...outcome.failures, ...(outcome.refused ?? [])]
  const alone = outcome.sources.length === 0 && reasons.size === 1 && failures.length === all.length
  const total = new Set([...outcome.sources, ...all].map(({ secret }) => secret)).size
  const what = groupsOf(failures, outcome)
    .map((group) => describeGroup(group, total))
    .join('; ')
  const then = ` (${failed.length === 0 ? 'not added; the other keys are refreshed' : consequenceOf(outcome)})`
  return {
    ready: false,
    reason: alone && only !== undefined ? only : 'Degraded',
    message: `${shorten(what, MAX_MESSAGE_LENGTH - then.length)}${then}`,
    failures,
  }
}

/** Generated keys that are due by one clock only. */
function disputedText({ generated = [] }: SyncedOutcome): string {
  const keys = generated.filter(({ isDisputed }) => isDisputed).map(({ key }) => key)
  if (keys.length === 0) return ''
  return `; rotation of ${listed(keys, MAX_NAMED)} waits: the clocks of the operator and the API server differ, or the operator's clock has jumped`
}

function consequenceOf({ cleanup, target, leftOver = [] }: SyncedOutcome): string {
  if (cleanup === 'done') return 'the Secret was deleted; it is recreated when its secrets exist again'
  if (target.uid === undefined) return 'nothing is written until all keys can be read'
  if (leftOver.length === 0) return 'last values kept'
  const names = listed(leftOver, MAX_NAMED)
  const keys =
    leftOver.length === 1
      ? `key ${names} is no longer in the spec and is`
      : `keys ${names} are no longer in the spec and are`
  return `last values kept; ${keys} removed once every source can be read`
}

/** Reason of a failed entry. Only a value in the target can be stale. */
export function reasonOfFailure({ error, stale, secret }: EntryFailure, { target }: SyncedOutcome): ReadyReason {
  const isHeld = [...target.keys.values()].some((from) => isFrom(from, secret))
  return stale && isHeld && isOutage(error.code) ? 'Stale' : reasonOf(error.code)
}

function groupsOf(failures: readonly EntryFailure[], outcome: SyncedOutcome): readonly FailureGroup[] {
  return groupFailures(failures.map((failure) => ({ ...failure, reason: reasonOfFailure(failure, outcome) })))
}

/** Request ids of failures, one for each cause, for support cases. */
export function requestIdsOf(outcome: SyncOutcome): readonly string[] {
  if (outcome.kind === 'suspended') return []
  const ids =
    outcome.kind === 'refused'
      ? [outcome.error.facts.requestId]
      : groupsOf([...outcome.failures, ...(outcome.refused ?? [])], outcome).map(({ requestId }) => requestId)
  return [...new Set(ids)].filter((id) => id !== undefined)
}

function shorten(message: string, maxLength: number = MAX_MESSAGE_LENGTH): string {
  return message.length <= maxLength ? message : `${message.slice(0, maxLength - 1)}…`
}
