import { SecretSyncError, type Sensitive } from '@ack-secret-manager/core'

/** `SecretData` and `SecretDataType` of a call. */
export interface EncodedValue {
  readonly data: string
  readonly dataType: 'text' | 'binary'
}

/** Alibaba Cloud KMS API reference, PutSecretValue. */
const MAX_DATA_BYTES = 30_720
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * The value as KMS takes it: text as it is, bytes in base64.
 * @throws SecretSyncError `NoData` | `InvalidSpec` | `TooLarge`. No message holds a part of the value.
 */
export function encodeValue(value: Sensitive<string | Uint8Array>, what: string): EncodedValue {
  const plain = value.expose()
  if (plain.length === 0) throw new SecretSyncError('NoData', `${what}: the value is empty, which KMS does not store`)
  const isText = typeof plain === 'string'
  if (isText && LONE_SURROGATE.test(plain)) {
    throw new SecretSyncError('InvalidSpec', `${what}: the value is not valid Unicode: store it as bytes`)
  }
  const data = isText ? plain : Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString('base64')
  const bytes = Buffer.byteLength(data)
  if (bytes <= MAX_DATA_BYTES) return { data, dataType: isText ? 'text' : 'binary' }
  const how = isText ? '' : ' in base64'
  throw new SecretSyncError('TooLarge', `${what}: the value has ${bytes} bytes${how}, KMS takes ${MAX_DATA_BYTES}`)
}
