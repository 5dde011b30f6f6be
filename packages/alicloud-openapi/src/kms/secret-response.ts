import {
  parseDuration,
  type RotationFacts,
  SecretSyncError,
  type SecretValue,
  Sensitive,
} from '@ack-secret-manager/core'

/** An answer of GetSecretValue, whichever protocol it came by. What the service left out is absent. */
export interface KmsSecretResponse {
  readonly secretName?: string
  readonly secretType?: string
  readonly secretData?: string
  readonly secretDataType?: string
  readonly versionId?: string
  readonly versionStages: readonly string[]
  /**
   * Taken for that of the version. The API reference says when the secret was created; if KMS answers so, all versions of a secret have
   * one time, and none is older than another. Not checked on a real KMS.
   */
  readonly createTime?: string
  readonly requestId?: string
  readonly automaticRotation?: string
  readonly rotationInterval?: string
  readonly lastRotationDate?: string
  readonly nextRotationDate?: string
}

const FIELDS = {
  SecretName: 'secretName',
  SecretType: 'secretType',
  SecretData: 'secretData',
  SecretDataType: 'secretDataType',
  VersionId: 'versionId',
  CreateTime: 'createTime',
  RequestId: 'requestId',
  AutomaticRotation: 'automaticRotation',
  RotationInterval: 'rotationInterval',
  LastRotationDate: 'lastRotationDate',
  NextRotationDate: 'nextRotationDate',
} as const satisfies Readonly<Record<string, keyof KmsSecretResponse>>

/**
 * The fields of a JSON answer of GetSecretValue. `null` and absent are the same to KMS. Alibaba Cloud KMS API reference, GetSecretValue.
 * @param what names the read, for errors
 * @throws SecretSyncError `InvalidResponse` naming the field that is of the wrong shape, never its content
 */
export function parseKmsSecretResponse(body: Readonly<Record<string, unknown>>, what: string): KmsSecretResponse {
  const answer: { -readonly [Name in Exclude<keyof KmsSecretResponse, 'versionStages'>]?: string } = {}
  for (const [field, name] of Object.entries(FIELDS)) {
    const value = Object.hasOwn(body, field) ? body[field] : undefined
    if (value === undefined || value === null) continue
    if (typeof value !== 'string') throw malformed(what, field, 'a text')
    answer[name] = value
  }
  return { ...answer, versionStages: stagesOf(body['VersionStages'], what) }
}

function stagesOf(value: unknown, what: string): readonly string[] {
  if (value === undefined || value === null) return []
  const list = typeof value === 'object' && 'VersionStage' in value ? value.VersionStage : undefined
  if (!Array.isArray(list) || !list.every((stage) => typeof stage === 'string')) {
    throw malformed(what, 'VersionStages.VersionStage', 'a list of texts')
  }
  return list
}

/**
 * The value that an answer of GetSecretValue holds.
 * @param what names the read, for errors
 * @throws SecretSyncError `InvalidResponse` naming the field that is missing or of the wrong shape, never its content
 */
export function kmsSecretValue(answer: KmsSecretResponse, secretName: string, what: string): SecretValue {
  const { secretName: answeredName, requestId, versionStages } = answer
  // An answer to somebody else's question must never end up in a Secret.
  if (answeredName !== undefined && answeredName !== bareName(secretName)) {
    throw new SecretSyncError('InvalidResponse', `${what}: the answer is about another secret`)
  }
  const dataType = answer.secretDataType
  if (dataType !== 'text' && dataType !== 'binary') throw malformed(what, 'SecretDataType', 'text or binary')
  const data = required(answer.secretData, 'SecretData', what)
  const rotation = rotationOf(answer)
  const createdMs = timeOf(answer.createTime)
  return {
    bytes: new Sensitive(dataType === 'text' ? bytesOfText(data, what) : bytesOfBase64(data, what)),
    versionId: required(answer.versionId, 'VersionId', what),
    versionStages,
    ...(createdMs === undefined ? {} : { createdMs }),
    type: answer.secretType ?? 'Generic',
    dataType,
    ...(rotation === undefined ? {} : { rotation }),
    ...(requestId === undefined ? {} : { requestId }),
  }
}

function required(value: string | undefined, name: string, what: string): string {
  if (value === undefined) throw malformed(what, name, 'there')
  return value
}

function bytesOfText(text: string, what: string): Uint8Array {
  // A lone surrogate has no UTF-8 form: encoding would replace it silently.
  if (/\p{Surrogate}/u.test(text)) throw malformed(what, 'SecretData', 'well-formed Unicode text')
  return new TextEncoder().encode(text)
}

function bytesOfBase64(text: string, what: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  // Node skips what is no base64; the way back shows whether anything was.
  if (bytes.toString('base64') !== text) throw malformed(what, 'SecretData', 'base64, as SecretDataType is binary')
  // A copy of its own, not a slice of Node's shared pool.
  return new Uint8Array(bytes)
}

/** Advice for the schedule only: a date that cannot be read is left out, it does not fail the read. */
function rotationOf(answer: KmsSecretResponse): RotationFacts | undefined {
  const { automaticRotation } = answer
  if (automaticRotation === undefined || automaticRotation === '') return undefined
  const intervalMs = parseDuration(answer.rotationInterval ?? '')
  const lastMs = timeOf(answer.lastRotationDate)
  const nextMs = timeOf(answer.nextRotationDate)
  return {
    automatic: automaticRotation === 'Enabled',
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(lastMs === undefined ? {} : { lastMs }),
    ...(nextMs === undefined ? {} : { nextMs }),
  }
}

function timeOf(text: string | undefined): number | undefined {
  const ms = text !== undefined && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** KMS answers with the name, also when it was asked by ARN (`acs:kms:REGION:ACCOUNT:secret/NAME`). */
function bareName(secretName: string): string {
  return /^acs:kms:[^:]*:[^:]*:secret\/(.+)$/s.exec(secretName)?.[1] ?? secretName
}

function malformed(what: string, field: string, expected: string): SecretSyncError {
  return new SecretSyncError('InvalidResponse', `${what}: ${field} in the answer is not ${expected}`)
}
