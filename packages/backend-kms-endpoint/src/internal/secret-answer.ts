import {
  parseDuration,
  type RotationFacts,
  SecretSyncError,
  type SecretValue,
  Sensitive,
} from '@ack-secret-manager/core'

/** Fields of an answer of GetSecretValue. Alibaba Cloud KMS API reference, GetSecretValue. */
type Answer = Readonly<Record<string, unknown>>

/**
 * The value that an answer of GetSecretValue holds.
 * @param what names the read, for errors
 * @throws SecretSyncError `InvalidResponse` naming the field that is missing or of the wrong shape, never its content
 */
export function secretValueOf(answer: Answer, secretName: string, what: string): SecretValue {
  const field = fieldReader(answer, what)
  const requestId = field('RequestId')
  const answeredName = field('SecretName')
  // An answer to somebody else's question must never end up in a Secret.
  if (answeredName !== undefined && answeredName !== bareName(secretName)) {
    throw new SecretSyncError('InvalidResponse', `${what}: the answer is about another secret`)
  }
  const dataType = required(field, 'SecretDataType', what)
  if (dataType !== 'text' && dataType !== 'binary') throw malformed(what, 'SecretDataType', 'text or binary')
  const data = required(field, 'SecretData', what)
  const rotation = rotationOf(field)
  return {
    bytes: new Sensitive(dataType === 'text' ? bytesOfText(data, what) : bytesOfBase64(data, what)),
    versionId: required(field, 'VersionId', what),
    versionStages: stagesOf(answer['VersionStages'], what),
    type: field('SecretType') ?? 'Generic',
    dataType,
    ...(rotation === undefined ? {} : { rotation }),
    ...(requestId === undefined ? {} : { requestId }),
  }
}

type FieldReader = (name: string) => string | undefined

/** Text fields of the answer; `null` and absent are the same to KMS. */
function fieldReader(answer: Answer, what: string): FieldReader {
  return (name) => {
    const value = Object.hasOwn(answer, name) ? answer[name] : undefined
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw malformed(what, name, 'a string')
    return value
  }
}

function required(field: FieldReader, name: string, what: string): string {
  const value = field(name)
  if (value === undefined) throw malformed(what, name, 'a string')
  return value
}

function stagesOf(value: unknown, what: string): readonly string[] {
  if (value === undefined || value === null) return []
  const list = typeof value === 'object' && 'VersionStage' in value ? value.VersionStage : undefined
  if (!Array.isArray(list) || !list.every((stage) => typeof stage === 'string')) {
    throw malformed(what, 'VersionStages.VersionStage', 'a list of strings')
  }
  return list
}

function bytesOfText(text: string, what: string): Uint8Array {
  // A lone surrogate has no UTF-8 form: encoding would replace it silently.
  if (/\p{Surrogate}/u.test(text)) throw malformed(what, 'SecretData', 'well-formed Unicode text')
  return new TextEncoder().encode(text)
}

function bytesOfBase64(text: string, what: string): Uint8Array {
  const decoded = Buffer.from(text, 'base64')
  // Node skips what is no base64; the way back shows whether anything was.
  if (decoded.toString('base64') !== text) throw malformed(what, 'SecretData', 'base64, as SecretDataType is binary')
  // A copy of its own, not a slice of Node's shared pool.
  return new Uint8Array(decoded)
}

/** Advice for the schedule only: a date that cannot be read is left out, it does not fail the read. */
function rotationOf(field: FieldReader): RotationFacts | undefined {
  const automatic = field('AutomaticRotation')
  const intervalMs = parseDuration(field('RotationInterval') ?? '')
  const lastMs = timeOf(field('LastRotationDate'))
  const nextMs = timeOf(field('NextRotationDate'))
  if (automatic === undefined) return undefined
  return {
    automatic: automatic === 'Enabled',
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
