import type { BackendConnection, SecretRef, SecretSyncError, SecretValue } from '@ack-secret-manager/core'
import type { ConfirmedValue } from './confirmed-value.ts'

/** Identity, endpoint, secret name and version selector in one string. Equal keys are one source. */
export type SourceKey = string & { readonly __brand: 'SourceKey' }

/** The reads per second that a store allows. */
export interface ReadBudget {
  /** Names the store. */
  readonly store: string
  /** Whether namespaces share the store. */
  readonly isShared: boolean
  readonly maxPerSecond: number
}

/** One secret, at one connection, that a plan reads. */
export interface SourceRef {
  readonly key: SourceKey
  readonly ref: SecretRef
  readonly connection: BackendConnection
  /** Read limit of the store, if it has one. Of the stores that share a source, the one with the highest limit counts, or none if one has no limit. */
  readonly budget?: ReadBudget
}

/** The key of a source. Equal keys share one source. */
export function sourceKeyOf(connection: BackendConnection, ref: SecretRef): SourceKey {
  const version = ref.versionId === undefined ? `stage:${ref.versionStage ?? 'ACSCurrent'}` : `id:${ref.versionId}`
  return JSON.stringify([connection.key, ref.name, version]) as SourceKey
}

/** Whether two sources are versions of one secret at one connection. */
export function isSameSecret(one: SourceKey, other: SourceKey): boolean {
  const secretOf = (key: SourceKey): string => JSON.stringify((JSON.parse(key) as readonly string[]).slice(0, 2))
  return one === other || secretOf(one) === secretOf(other)
}

/**
 * Sources that a sync does not read before their own interval, each with the version that the target has. The pool reads one earlier only if
 * it knows another version. Without a version, the last error is enough.
 */
export type SourcesAtInterval = ReadonlyMap<SourceKey, string | undefined>
export const NONE_AT_INTERVAL: SourcesAtInterval = new Map()

/** The current state of a source. */
export type SourceReading =
  | { readonly kind: 'value'; readonly value: SecretValue }
  /** The target has the value that was read last, so that it was not read again. */
  | { readonly kind: 'confirmed'; readonly value: ConfirmedValue }
  /**
   * The last read failed.
   * - `ageMs`: time since the last success in this process; undefined if there was none.
   * - `absentMs`: how long the secret manager has reported the secret as not found; absent if the last response was another one.
   * - `notFoundMs`: the same, including a missing version or stage.
   */
  | {
      readonly kind: 'error'
      readonly error: SecretSyncError
      readonly ageMs: number | undefined
      readonly stale: boolean
      readonly absentMs?: number
      readonly notFoundMs?: number
    }

/** Why subscribers of a source are notified. */
export type SourceChange = 'value' | 'failed' | 'recovered' | 'stale'
