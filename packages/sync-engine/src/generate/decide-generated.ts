import type { KeyRecord, SecretGenerator } from '@ack-secret-manager/core'
import { MAX_CLOCK_DIFFERENCE_MS, type TimeBounds } from './time-bounds.ts'
import {
  decodeGeneratedVersion,
  type GeneratedVersion,
  generatedOrigin,
  isGenerated,
} from '../model/generated-version.ts'

/** A value that the target has. */
export interface HeldValue {
  readonly byteLength: number
  /** Undefined if the target does not record the key. */
  readonly record: Pick<KeyRecord, 'secret' | 'versionId'> | undefined
  /** The value differs from the recorded one. */
  readonly isEdited: boolean
}

/** What to do with one generated key. */
export type GeneratedDecision =
  | { readonly kind: 'generate'; readonly reason: 'missing' | 'other-generator' | 'due' | 'settings' }
  | {
      readonly kind: 'keep'
      readonly version: GeneratedVersion
      /** Due only by the clock that is ahead of the others. */
      readonly isDisputed?: true
    }

type Policy = Pick<SecretGenerator, 'kind' | 'settings' | 'renewAfterMs' | 'renewsOnChange'>

/**
 * Decides whether the target keeps its value. Pure. The age of a value comes from the record in the target, not from the status.
 *
 * A value without a record is kept too, because it may be the only copy of a password, as in an adopted Secret. Its age counts from now.
 *
 * A value is due only by all clocks. If they differ, the latest time is recorded, so that no value becomes due too early.
 */
export function decideGenerated(held: HeldValue | undefined, policy: Policy, time: TimeBounds): GeneratedDecision {
  if (held === undefined || held.byteLength === 0) return { kind: 'generate', reason: 'missing' }
  const adopted: GeneratedDecision = {
    kind: 'keep',
    version: { generatedMs: wholeSeconds(time.latestMs), settings: policy.settings },
  }
  const { record, isEdited } = held
  const origin = generatedOrigin(policy.kind)
  if (record !== undefined && record.secret !== origin && isGenerated(record.secret))
    return { kind: 'generate', reason: 'other-generator' }
  const version = record?.secret === origin ? decodeGeneratedVersion(record.versionId) : undefined
  if (version === undefined || isEdited) return adopted
  if (policy.renewsOnChange === true && version.settings !== policy.settings)
    return { kind: 'generate', reason: 'settings' }
  // A time in the future is forged, or from a wrong clock. It must not prevent the renewal.
  if (version.generatedMs > time.latestMs + MAX_CLOCK_DIFFERENCE_MS)
    return { kind: 'keep', version: { ...version, generatedMs: wholeSeconds(time.latestMs) } }
  const dueMs = dueMsOf(version, policy) ?? Infinity
  if (dueMs <= time.earliestMs) return { kind: 'generate', reason: 'due' }
  return { kind: 'keep', version, ...(dueMs <= time.latestMs && { isDisputed: true }) }
}

/** When a value of this version is replaced, in wall-clock milliseconds; undefined for never. */
export function dueMsOf(
  { generatedMs }: GeneratedVersion,
  { renewAfterMs }: Pick<Policy, 'renewAfterMs'>,
): number | undefined {
  return renewAfterMs === undefined ? undefined : generatedMs + renewAfterMs
}

export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000
}
