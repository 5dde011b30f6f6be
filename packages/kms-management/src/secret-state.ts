import type { RotationFacts, SecretType } from '@ack-secret-manager/core'

/** What a list tells of a secret. */
export interface SecretSummary {
  readonly name: string
  readonly type: SecretType
  /** Wall-clock milliseconds, by the clock of KMS. */
  readonly createdMs: number
  /** Wall-clock milliseconds, by the clock of KMS. */
  readonly updatedMs: number
  /** The secret is deleted then, and can be restored until then. Wall-clock milliseconds. */
  readonly plannedDeletionMs?: number
  /** Cloud service that manages the secret: `rds`. */
  readonly owningService?: string
  /** Absent if tags were not asked for. */
  readonly tags?: Readonly<Record<string, string>>
  /** Of managed types, if it was asked for. */
  readonly rotation?: RotationFacts
}

/** Everything but the value. */
export interface SecretDescription extends SecretSummary {
  readonly arn?: string
  readonly description: string
  readonly encryptionKeyId?: string
  readonly kmsInstanceId?: string
}

/** One version of a value, without it. */
export interface VersionSummary {
  readonly versionId: string
  /** Wall-clock milliseconds, by the clock of KMS. */
  readonly createdMs: number
  /** Empty for a deprecated version. */
  readonly stages: readonly string[]
}

/** A secret before a change. */
export interface ObservedSecret {
  readonly description: SecretDescription
  /** Newest first, deprecated ones included. Empty if the secret is scheduled for deletion, and for a change of tags. */
  readonly versions: readonly VersionSummary[]
}

/** A quota of a KMS instance. */
export interface InstanceQuota {
  /** `qps`, `secret`, `key`, `vpc`. */
  readonly resource: string
  readonly limit: number
  /** Absent if the service does not count it. */
  readonly used?: number
}

/** Whether KMS or another service writes the values of this type. The API spells types in several ways. */
export function isManagedType(type: SecretType): boolean {
  return type.toLowerCase() !== 'generic'
}

/** Stage of the version that readers get. */
export const CURRENT = 'ACSCurrent'
/** Stage of the version that was current before. */
export const PREVIOUS = 'ACSPrevious'

/** The version that holds a stage. */
export function holderOf({ versions }: ObservedSecret, stage: string): VersionSummary | undefined {
  return versions.find(({ stages }) => stages.includes(stage))
}
