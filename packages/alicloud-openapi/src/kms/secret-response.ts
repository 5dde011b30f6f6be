import {
  defined,
  isLine,
  parseDuration,
  type RotationFacts,
  SecretSyncError,
  type SecretValue,
  Sensitive,
  TEXT_LIMITS,
} from '@ack-secret-manager/core'

/** A GetSecretValue response of either protocol. Omitted fields are absent. */
export interface KmsSecretResponse {
  readonly secretName?: string
  readonly secretType?: string
  readonly secretData?: string
  readonly secretDataType?: string
  readonly versionId?: string
  readonly versionStages: readonly string[]
  /**
   * Used as the creation time of the version. The API reference defines it as that of the secret; then all versions have the
   * same time and none counts as older. Not verified with the real KMS.
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
 * Parses the fields of a GetSecretValue response in JSON. KMS treats `null` as absent. Alibaba Cloud KMS API reference, GetSecretValue.
 * @param what names the read, for errors
 * @throws SecretSyncError `InvalidResponse` naming the malformed field, never its content
 */
export function parseKmsSecretResponse(body: Readonly<Record<string, unknown>>, what: string): KmsSecretResponse {
  const response: { -readonly [Name in Exclude<keyof KmsSecretResponse, 'versionStages'>]?: string } = {}
  for (const [field, name] of Object.entries(FIELDS)) {
    const value = Object.hasOwn(body, field) ? body[field] : undefined
    if (value === undefined || value === null) continue
    if (typeof value !== 'string') throw malformed(what, field, 'a text')
    response[name] = value
  }
  return { ...response, versionStages: stagesOf(body['VersionStages'], what) }
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
 * The value in a GetSecretValue response.
 * @param what names the read, for errors
 * @throws SecretSyncError `InvalidResponse` naming the missing or malformed field, never its content
 */
export function kmsSecretValue(response: KmsSecretResponse, secretName: string, what: string): SecretValue {
  const { secretName: returnedName, requestId, versionStages } = response
  // The response to another request must never end up in a Secret.
  if (returnedName !== undefined && returnedName !== bareSecretName(secretName)) {
    throw new SecretSyncError('InvalidResponse', `${what}: the response is about another secret`)
  }
  const dataType = response.secretDataType
  if (dataType !== 'text' && dataType !== 'binary') throw malformed(what, 'SecretDataType', 'text or binary')
  const data = required(response.secretData, 'SecretData', what)
  const rotation = rotationOf(response)
  const createdMs = timeOf(response.createTime)
  return {
    bytes: new Sensitive(dataType === 'text' ? bytesOfText(data, what) : bytesOfBase64(data, what)),
    versionId: oneLine(required(response.versionId, 'VersionId', what), 'VersionId', TEXT_LIMITS.version, what),
    versionStages,
    ...defined({ createdMs }),
    type: oneLine(response.secretType ?? 'Generic', 'SecretType', TEXT_LIMITS.secretType, what),
    dataType,
    ...defined({ rotation, requestId }),
  }
}

function required(value: string | undefined, name: string, what: string): string {
  if (value === undefined) throw malformed(what, name, 'there')
  return value
}

function oneLine(text: string, name: string, maxLength: number, what: string): string {
  if (!isLine(text, maxLength)) throw malformed(what, name, 'one short line of text')
  return text
}

function bytesOfText(text: string, what: string): Uint8Array {
  // A lone surrogate has no UTF-8 form; encoding would silently replace it.
  if (/\p{Surrogate}/u.test(text)) throw malformed(what, 'SecretData', 'well-formed Unicode text')
  return new TextEncoder().encode(text)
}

function bytesOfBase64(text: string, what: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  // Node skips invalid base64 characters; encoding again shows whether there were any.
  if (bytes.toString('base64') !== text) throw malformed(what, 'SecretData', 'base64, as SecretDataType is binary')
  // Copy the bytes, because a Buffer can be a slice of Node's shared pool.
  return new Uint8Array(bytes)
}

/** Rotation only guides the refresh schedule, so an unreadable date does not fail the read. */
function rotationOf(response: KmsSecretResponse): RotationFacts | undefined {
  const { automaticRotation } = response
  if (automaticRotation === undefined || automaticRotation === '') return undefined
  const intervalMs = parseDuration(response.rotationInterval ?? '')
  const lastMs = timeOf(response.lastRotationDate)
  const nextMs = timeOf(response.nextRotationDate)
  return {
    automatic: automaticRotation === 'Enabled',
    ...defined({ intervalMs, lastMs, nextMs }),
  }
}

function timeOf(text: string | undefined): number | undefined {
  const ms = text !== undefined && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** KMS returns the name even if the request has an ARN (`acs:kms:REGION:ACCOUNT:secret/NAME`). */
export function bareSecretName(secretName: string): string {
  return /^acs:kms:[^:]*:[^:]*:secret\/(.+)$/s.exec(secretName)?.[1] ?? secretName
}

function malformed(what: string, field: string, expected: string): SecretSyncError {
  return new SecretSyncError('InvalidResponse', `${what}: ${field} in the response is not ${expected}`)
}
