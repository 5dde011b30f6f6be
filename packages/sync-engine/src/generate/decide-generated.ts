import type { KeyRecord, SecretGenerator } from '@ack-secret-manager/core'
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
  | { readonly kind: 'keep'; readonly version: GeneratedVersion }

/** Clocks of two replicas differ by less. */
const MAX_CLOCK_DIFFERENCE_MS = 300_000

type Policy = Pick<SecretGenerator, 'kind' | 'settings' | 'renewAfterMs' | 'renewsOnChange'>

/**
 * Whether the target keeps its value. Only the target decides: neither the status nor this process knows the age of a value. Pure.
 *
 * A value that no record explains is kept as well, because it may be the only copy of a password: of an adopted Secret, or of one whose
 * record was lost. Its age counts from now.
 */
export function decideGenerated(held: HeldValue | undefined, policy: Policy, nowMs: number): GeneratedDecision {
  if (held === undefined || held.byteLength === 0) return { kind: 'generate', reason: 'missing' }
  const adopted: GeneratedDecision = {
    kind: 'keep',
    version: { generatedMs: wholeSeconds(nowMs), settings: policy.settings },
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
  if (version.generatedMs > nowMs + MAX_CLOCK_DIFFERENCE_MS)
    return { kind: 'keep', version: { ...version, generatedMs: wholeSeconds(nowMs) } }
  const dueMs = dueMsOf(version, policy)
  return dueMs !== undefined && dueMs <= nowMs ? { kind: 'generate', reason: 'due' } : { kind: 'keep', version }
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
