import type { Sensitive } from '@ack-secret-manager/core'

/** A secret that is created if it does not exist. Absent fields are those of KMS. */
export interface NewSecret {
  readonly description?: string
  readonly tags?: Readonly<Record<string, string>>
  /** Key that encrypts the value. @default the key of KMS for secrets */
  readonly encryptionKeyId?: string
  /** KMS instance that holds it. @default the shared one, if the account has it */
  readonly kmsInstanceId?: string
}

interface OfSecret {
  /** Name of the secret, no ARN. */
  readonly name: string
}

/** A new value, which becomes the current one. */
export interface PutChange extends OfSecret {
  readonly kind: 'put'
  /** A text is stored as text, bytes as binary. */
  readonly value: Sensitive<string | Uint8Array>
  /** Letters, digits and `_/+=.-@`, at most 64. The same id with the same value changes nothing. @default a new one */
  readonly versionId?: string
  /** Create the secret if it does not exist. @default false */
  readonly create?: NewSecret | false
  /** Refuse with `Conflict` unless this version is the current one. Checked in a call before the put. @default any */
  readonly ifCurrent?: string
}

/** Makes a version the current one, or moves a stage of your own to it. */
export interface PromoteChange extends OfSecret {
  readonly kind: 'promote'
  readonly versionId: string
  /** `ACSCurrent`, or a stage of your own; no other stage that begins with `ACS`. @default 'ACSCurrent' */
  readonly stage?: string
}

/** Makes the previous version the current one. */
export interface RollbackChange extends OfSecret {
  readonly kind: 'rollback'
}

/** Lets KMS rotate a managed secret now. */
export interface RotateChange extends OfSecret {
  readonly kind: 'rotate'
  /** The same id again is the same rotation. @default a new one */
  readonly versionId?: string
}

/** Schedules the deletion, or deletes at once. */
export interface DeleteChange extends OfSecret {
  readonly kind: 'delete'
  /** Days in which it can be restored, 7 to 30. @default 30 */
  readonly recoveryDays?: number
  /** Delete at once, so that it cannot be restored. Excludes `recoveryDays`. @default false */
  readonly force?: boolean
}

/** Takes back a scheduled deletion. */
export interface RestoreChange extends OfSecret {
  readonly kind: 'restore'
}

/** Changes tags and the description, also of managed secrets. */
export interface TagChange extends OfSecret {
  readonly kind: 'tag'
  readonly set?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
  /** Refuse with `Conflict` to change the value of a tag, if false. @default true */
  readonly overwrite?: boolean
  /** @default as it is */
  readonly description?: string
}

/** A wish, before it is compared with what there is. */
export type SecretChange =
  | PutChange
  | PromoteChange
  | RollbackChange
  | RotateChange
  | DeleteChange
  | RestoreChange
  | TagChange
