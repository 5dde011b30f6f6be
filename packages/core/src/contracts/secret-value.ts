import type { Sensitive } from '../sensitive.ts'

/** Names a secret and a version of it. */
export interface SecretRef {
  /** Name of the secret in its manager, or the ARN of a secret of another account. */
  readonly name: string
  /** Stage label. @default ACSCurrent */
  readonly versionStage?: string
  /** Pins one version; takes precedence over `versionStage`. */
  readonly versionId?: string
}

/** Secret types of Alibaba Cloud KMS; other managers may use their own. */
export type SecretType = 'Generic' | 'Rds' | 'RAMCredentials' | 'ECS' | 'PolarDB' | 'Redis' | (string & {})

/** Rotation of a secret, as reported by its manager. */
export interface RotationFacts {
  readonly automatic: boolean
  readonly intervalMs?: number
  /** Wall-clock milliseconds. */
  readonly lastMs?: number
  /** Wall-clock milliseconds. */
  readonly nextMs?: number
}

/** Result of one read. */
export interface SecretValue {
  /** The bytes exactly as stored: text as UTF-8, binary decoded from its transport encoding. */
  readonly bytes: Sensitive<Uint8Array>
  /** Changes exactly when the value changes. At most 128 characters. */
  readonly versionId: string
  readonly versionStages: readonly string[]
  /** Creation time of this version, by the clock of the manager; wall-clock milliseconds. Absent if the manager has none. */
  readonly createdMs?: number
  /** At most 64 characters. */
  readonly type: SecretType
  readonly dataType: 'text' | 'binary'
  /** Absent if the manager does not rotate the secret. */
  readonly rotation?: RotationFacts
  /** The manager's request id, for its support. */
  readonly requestId?: string
}
