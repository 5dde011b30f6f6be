import type { BackendConnection, SecretRef, SecretSyncError, SecretValue } from '@ack-secret-manager/core'

import type { ReadBudget } from '../sources/read-queue/read-budget.ts'

/** Identity, endpoint, secret name and version selector in one string. Equal keys are one source. */
export type SourceKey = string & { readonly __brand: 'SourceKey' }

/** One read that a plan needs. */
export interface SourceRef {
  readonly key: SourceKey
  readonly ref: SecretRef
  readonly connection: BackendConnection
  /** Of the store, where it allows so many reads per second. A read through several stores counts for the one that was planned last. */
  readonly budget?: ReadBudget
}

/** The key of a read: what makes two reads the same. */
export function sourceKeyOf(connection: BackendConnection, ref: SecretRef): SourceKey {
  const version = ref.versionId === undefined ? `stage:${ref.versionStage ?? 'ACSCurrent'}` : `id:${ref.versionId}`
  return JSON.stringify([connection.key, ref.name, version]) as SourceKey
}

/** What a source has to say at the moment. */
export type SourceReading =
  | { readonly kind: 'value'; readonly value: SecretValue }
  /**
   * The last attempt failed. `ageMs`: since the last success in this process, undefined if there was none. `absentMs`: how long
   * the manager has been saying, up to that attempt, that there is no such secret; absent where it did not say so. `notFoundMs`: as
   * that, but also of a version or a stage that does not exist.
   */
  | {
      readonly kind: 'error'
      readonly error: SecretSyncError
      readonly ageMs: number | undefined
      readonly stale: boolean
      readonly absentMs?: number
      readonly notFoundMs?: number
    }

/** Why the subscribers of a source should look at it. */
export type SourceChange = 'value' | 'failed' | 'recovered' | 'stale'
