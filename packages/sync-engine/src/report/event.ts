import { nameText, type ReadyReason } from '@ack-secret-manager/core'
import { type ExternalSecretStatus, readyOf } from '@ack-secret-manager/resources'
import { listed } from './listed-names.ts'
import { readinessOf } from './ready-condition.ts'
import { hasWritten, type SyncOutcome } from './sync-outcome.ts'

/** An event about a resource. */
export interface SyncEvent {
  readonly type: 'Normal' | 'Warning'
  /** For a failure: the reason of the Ready condition. */
  readonly reason:
    | ReadyReason
    | 'DriftCorrected'
    | 'Adopted'
    | 'SecretDeleted'
    | 'Restarted'
    | 'RestartFailed'
    | 'RestartDelayed'
    | 'RestartHalted'
  readonly message: string
}

/** Maximum number of keys, or secrets, in a message. */
const MAX_NAMES = 10

/**
 * The event of an outcome, if something happened or changed. While many reports wait, the creation of a Secret has no event, because the
 * first status says the same.
 */
export function eventOf(
  outcome: SyncOutcome,
  old: ExternalSecretStatus | undefined,
  isOneOfMany = false,
): SyncEvent | undefined {
  if (outcome.kind === 'suspended') return undefined
  const readiness = readinessOf(outcome)
  const before = readyOf(old)
  if (outcome.kind === 'synced' && outcome.action === 'delete') {
    const gone = [...new Set(outcome.failures.map(({ secret }) => secret))]
    const message = `Secret ${outcome.target.name} was deleted because its secrets no longer exist: ${listed(gone, MAX_NAMES)}`
    return { type: 'Warning', reason: 'SecretDeleted', message }
  }
  if (!readiness.ready) {
    const known =
      before?.status === 'False' && before.reason === readiness.reason && before.message === readiness.message
    if (known) return undefined
    return { type: 'Warning', reason: readiness.reason, message: readiness.message }
  }
  if (!hasWritten(outcome)) {
    if (before?.status !== 'False') return undefined
    return {
      type: 'Normal',
      reason: 'Synced',
      message: `${readiness.message} again, after ${before.reason ?? 'a failure'}`,
    }
  }
  if (isOneOfMany && outcome.action === 'create' && before === undefined) return undefined
  const generated = generatedTexts(outcome)
  const where = `Secret ${outcome.target.name}${without(outcome.removed)}`
  const also = generated.length === 0 ? '' : `: ${generated.join(', ')}`
  if (outcome.adopted) {
    const message = `${where} is now managed by this resource${also}`.slice(0, 1024)
    return { type: 'Normal', reason: 'Adopted', message }
  }
  if (outcome.corrected)
    return {
      type: 'Normal',
      reason: 'DriftCorrected',
      message: `${where} was modified by another user and is restored${also}`.slice(0, 1024),
    }
  const sources = outcome.sources.map(({ secret, versionId }) => `${nameText(secret)} version ${nameText(versionId)}`)
  const how = outcome.action === 'replace' ? ' recreated' : ''
  const details = [...sources, ...generated]
  const what = details.length === 0 ? ' is up to date' : `: ${details.join(', ')}`
  return { type: 'Normal', reason: 'Synced', message: `${where}${how}${what}`.slice(0, 1024) }
}

function generatedTexts({ generated = [] }: Extract<SyncOutcome, { readonly kind: 'synced' }>): readonly string[] {
  return generated.flatMap(({ key, how }) => {
    if (how === 'kept') return []
    return how === 'generated'
      ? `new value generated for key ${key}`
      : `kept the value that another user set for key ${key}`
  })
}

function without(keys: readonly string[]): string {
  if (keys.length === 0) return ''
  return ` (keys removed: ${listed(keys, MAX_NAMES)})`
}
