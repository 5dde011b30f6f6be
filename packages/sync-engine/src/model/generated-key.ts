import type { Sensitive } from '@ack-secret-manager/core'
import type { EntryFailure } from './desired-secret.ts'

/** A generated key, without its value. */
export interface GeneratedKey {
  readonly key: string
  /** Generator: `password`. */
  readonly kind: string
  readonly generatedMs: number
  /** Expiry of a token, in wall-clock milliseconds. */
  readonly expiresMs?: number
  /** When the value is replaced, in wall-clock milliseconds; undefined for never. */
  readonly dueMs: number | undefined
  /**
   * - `generated`: the value is new.
   * - `adopted`: another user has set it.
   * - `kept`: it is the recorded value.
   */
  readonly how: 'generated' | 'adopted' | 'kept'
  /** Generated because the target had no value. @default false */
  readonly wasMissing?: boolean
  /** Due only by the clock that is ahead of the others. @default false */
  readonly isDisputed?: boolean
}

/** The value of a generated key. */
export interface GeneratedValue {
  readonly field: string
  /** Origin and version of the key in the record of the target. */
  readonly secret: string
  readonly versionId: string
  readonly bytes: Sensitive<Uint8Array>
}

/** The values of all generated keys. */
export interface GeneratedKeys {
  readonly values: ReadonlyMap<string, GeneratedValue>
  /** Keys without a new value; the target keeps what it has. */
  readonly failures: readonly EntryFailure[]
  /** Keys that the target has lost too often. They get no value for now. */
  readonly refused: readonly EntryFailure[]
  /** Tokens that could not be renewed. They keep their values, so other keys and templates do not wait for them. */
  readonly renewals: readonly EntryFailure[]
  readonly report: readonly GeneratedKey[]
}
