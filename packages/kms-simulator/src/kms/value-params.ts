import { ApiError, invalidParameter } from '../gateway/api-error.ts'
import { oneOf, type Params, required } from './params.ts'
import { DATA_TYPES, type DataType, isLabel, LIMITS } from './secret.ts'

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Why a value cannot be stored: too long, or binary and not base64. Undefined if it can. */
export function whyDataIsInvalid(data: string, dataType: DataType): string | undefined {
  if (Buffer.byteLength(data) > LIMITS.dataBytes) return `it is longer than ${LIMITS.dataBytes} bytes`
  if (dataType === 'binary' && !BASE64.test(data)) return 'binary data is base64'
  return undefined
}

/** `VersionId`, `SecretData` and `SecretDataType` of a call that stores a value. */
export function valueParams(params: Params): { id: string; data: string; dataType: DataType } {
  const id = required(params, 'VersionId')
  if (!isLabel(id)) throw invalidParameter('VersionId', 'it is not a version id')
  const data = required(params, 'SecretData')
  const dataType = oneOf(params, 'SecretDataType', DATA_TYPES, 'text')
  const why = whyDataIsInvalid(data, dataType)
  if (why !== undefined) throw invalidParameter('SecretData', why)
  return { id, data, dataType }
}

/** 400 for an operation that this type of secret does not support. */
export function unsupportedOperation(why: string): ApiError {
  return new ApiError(400, 'Rejected.UnsupportedOperation', `This action is not supported: ${why}.`)
}
