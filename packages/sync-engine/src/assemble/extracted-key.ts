import { type KeyRecord, SecretSyncError, type SecretValue, Sensitive } from '@ack-secret-manager/core'
import type { ConfirmedValue } from '../model/confirmed-value.ts'
import type { PlanEntry } from '../plan/sync-plan.ts'

/** A key that an entry of the plan produced. */
export interface ExtractedKey {
  readonly content: KeyContent
  /** Without a source if the key was generated. */
  readonly entry: Pick<PlanEntry, 'field' | 'found' | 'secret' | 'shape'> & Partial<Pick<PlanEntry, 'source'>>
  readonly versionId: string
}

/** The value of a key, or the digest of a value that the target already has. */
export type KeyContent =
  | { readonly bytes: Sensitive<Uint8Array> }
  | { readonly bytes?: undefined; readonly digest: string; readonly byteLength: number }

/** @throws SecretSyncError `Internal` if the target does not have a confirmed value */
export function wholeContent(value: SecretValue | ConfirmedValue, record: KeyRecord | undefined): KeyContent {
  if ('bytes' in value) return { bytes: new Sensitive(value.bytes.expose()) }
  if (record === undefined) throw new SecretSyncError('Internal', 'the target has no value of a confirmed secret')
  return { digest: record.digest, byteLength: value.byteLength }
}

export function byteLengthOf(content: KeyContent): number {
  return content.bytes === undefined ? content.byteLength : content.bytes.expose().length
}
