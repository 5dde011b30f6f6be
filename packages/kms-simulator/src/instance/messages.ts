import type { ApiError } from '../gateway/api-error.ts'
import { decodeProtobuf, encodeProtobuf } from './protobuf.ts'

/** GetSecretValueRequest of the gateway; absent and empty are the same. */
export interface SecretValueRequest {
  readonly secretName: string
  readonly versionStage: string
  readonly versionId: string
  readonly fetchExtendedConfig: boolean
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Decodes a request; undefined if it is invalid. Skips unknown fields; the last of a repeated field counts. */
export function decodeSecretValueRequest(bytes: Uint8Array): SecretValueRequest | undefined {
  const fields = decodeProtobuf(bytes)
  if (fields === undefined) return undefined
  const texts = new Map<number, string>()
  let fetchExtendedConfig = false
  for (const { number, value } of fields) {
    if (number === 4) {
      if (typeof value !== 'number') return undefined
      fetchExtendedConfig = value !== 0
    } else if (number >= 1 && number <= 3) {
      const text = typeof value === 'number' ? undefined : utf8(value)
      if (text === undefined) return undefined
      texts.set(number, text)
    }
  }
  return {
    secretName: texts.get(1) ?? '',
    versionStage: texts.get(2) ?? '',
    versionId: texts.get(3) ?? '',
    fetchExtendedConfig,
  }
}

/** GetSecretValueResponse of the gateway. */
export interface SecretValueResponse {
  readonly secretName: string
  readonly secretType: string
  readonly secretData: string
  readonly secretDataType: string
  readonly versionStages: readonly string[]
  readonly versionId: string
  readonly createTime: string
  readonly requestId: string
  readonly lastRotationDate?: string | undefined
  readonly nextRotationDate?: string | undefined
  readonly extendedConfig?: string | undefined
  readonly automaticRotation?: string | undefined
  readonly rotationInterval?: string | undefined
}

/** Source of the field numbers: `api.proto` of the official DKMS SDK for Go. */
export function encodeSecretValueResponse(response: SecretValueResponse): Buffer {
  return encodeProtobuf([
    [1, response.secretName],
    [2, response.secretType],
    [3, response.secretData],
    [4, response.secretDataType],
    ...response.versionStages.map((stage): [number, string] => [5, stage]),
    [6, response.versionId],
    [7, response.createTime],
    [8, response.requestId],
    [9, response.lastRotationDate],
    [10, response.nextRotationDate],
    [11, response.extendedConfig],
    [12, response.automaticRotation],
    [13, response.rotationInterval],
  ])
}

/** Error of the gateway. */
export function encodeError(error: Pick<ApiError, 'status' | 'code' | 'message'>, requestId: string): Buffer {
  return encodeProtobuf([
    [1, error.status],
    [2, error.code],
    [3, error.message],
    [4, requestId],
  ])
}
