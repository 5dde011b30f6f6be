import type { Sensitive } from '../sensitive.ts'

/** Which secret, and which version of it. */
export interface SecretRef {
  /** Name of the secret at the manager, or an ARN for another account's. */
  readonly name: string
  /** Stage label. @default ACSCurrent */
  readonly versionStage?: string
  /** Pins one version; beats `versionStage`. */
  readonly versionId?: string
}

/** Kinds of secrets that Alibaba Cloud KMS knows; other managers may name their own. */
export type SecretType = 'Generic' | 'Rds' | 'RAMCredentials' | 'ECS' | 'PolarDB' | 'Redis' | (string & {})

/** What the manager tells of its own rotation of a secret. */
export interface RotationFacts {
  readonly automatic: boolean
  readonly intervalMs?: number
  /** Wall-clock milliseconds. */
  readonly lastMs?: number
  /** Wall-clock milliseconds. */
  readonly nextMs?: number
}

/** What one read returned. */
export interface SecretValue {
  /** The bytes exactly as stored: text as UTF-8, binary decoded from its transport encoding. */
  readonly bytes: Sensitive<Uint8Array>
  readonly versionId: string
  readonly versionStages: readonly string[]
  /** When this version was created, by the clock of the manager; wall-clock milliseconds. Absent where the manager does not say. */
  readonly createdMs?: number
  readonly type: SecretType
  readonly dataType: 'text' | 'binary'
  /** Absent where the manager does not rotate the secret. */
  readonly rotation?: RotationFacts
  /** The manager's request id, for its support. */
  readonly requestId?: string
}
