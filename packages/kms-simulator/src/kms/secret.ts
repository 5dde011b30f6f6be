/** Types of secrets. KMS manages and rotates all types except `Generic`. */
export const SECRET_TYPES = ['Generic', 'Rds', 'RAMCredentials', 'ECS', 'PolarDB', 'Redis'] as const

/** See {@link SECRET_TYPES}. */
export type SecretType = (typeof SECRET_TYPES)[number]

/** `binary` values are sent as base64. */
export const DATA_TYPES = ['text', 'binary'] as const

/** See {@link DATA_TYPES}. */
export type DataType = (typeof DATA_TYPES)[number]

/** One version of a value. */
export interface SecretVersion {
  readonly id: string
  readonly createdAtMs: number
  /** As in `SecretData` of a response: the text, or the base64 of the bytes. */
  readonly data: string
  readonly dataType: DataType
  /** Each stage belongs to only one version. */
  readonly stages: readonly string[]
}

/** Times of the last and next rotation of a secret. */
export interface Rotation {
  readonly automatic: boolean
  readonly intervalSeconds?: number | undefined
  readonly lastAtMs?: number | undefined
  readonly nextAtMs?: number | undefined
}

/** An immutable snapshot of a secret. */
export interface Secret {
  readonly name: string
  readonly type: SecretType
  readonly description: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** Set while the secret is scheduled for deletion. */
  readonly plannedDeleteAtMs?: number | undefined
  /** Oldest first. */
  readonly versions: readonly SecretVersion[]
  readonly rotation?: Rotation | undefined
  /** The JSON document of a managed type. */
  readonly extendedConfig?: string | undefined
  readonly encryptionKeyId?: string | undefined
  readonly kmsInstanceId?: string | undefined
  readonly tags: readonly { readonly TagKey: string; readonly TagValue: string }[]
}

/** The stage of the version that is read by default. */
export const CURRENT = 'ACSCurrent'

/** The stage of the former current version. */
export const PREVIOUS = 'ACSPrevious'

/** Source of the limits: Alibaba Cloud KMS API reference, CreateSecret and PutSecretValue. */
export const LIMITS = {
  dataBytes: 30_720,
  nameLength: 192,
  versionIdLength: 64,
  stageLength: 64,
  versions: 10,
  stages: 8,
  tags: 20,
  tagLength: 256,
  descriptionLength: 8_192,
} as const

const NAME = /^[A-Za-z0-9_/+=.\-@]{1,192}$/
const LABEL = /^[A-Za-z0-9_/+=.\-@]{1,64}$/

/** Whether KMS accepts a text as the name of a secret. */
export function isSecretName(text: string): boolean {
  return NAME.test(text)
}

/** Whether KMS accepts a text as a version id or a stage. */
export function isLabel(text: string): boolean {
  return LABEL.test(text)
}

/** Whether KMS rotates this type. */
export function isManaged(type: SecretType): boolean {
  return type !== 'Generic'
}
