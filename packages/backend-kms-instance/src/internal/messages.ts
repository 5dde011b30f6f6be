import type { SecretRef } from '@ack-secret-manager/core'
import { decodeFields, encodeFields, ProtobufError, type ProtobufField } from './protobuf.ts'
import type { KmsSecretResponse } from '@ack-secret-manager/alicloud-openapi'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Field numbers: `api.proto` of the official SDK aliyun/alibabacloud-dkms-gcs-go-sdk.

/** A GetSecretValueRequest. */
export function encodeGetSecretValue({ name, versionStage, versionId }: SecretRef): Uint8Array {
  return encodeFields([
    [1, name],
    [2, versionId === undefined ? (versionStage ?? 'ACSCurrent') : undefined],
    [3, versionId],
  ])
}

const RESPONSE_FIELDS = {
  1: 'secretName',
  2: 'secretType',
  3: 'secretData',
  4: 'secretDataType',
  6: 'versionId',
  7: 'createTime',
  8: 'requestId',
  9: 'lastRotationDate',
  10: 'nextRotationDate',
  12: 'automaticRotation',
  13: 'rotationInterval',
} as const satisfies Readonly<Record<number, keyof KmsSecretResponse>>

const STAGES_FIELD = 5

/** @throws ProtobufError when the bytes are not a GetSecretValueResponse */
export function decodeSecretResponse(bytes: Uint8Array): KmsSecretResponse {
  const response: { -readonly [Name in Exclude<keyof KmsSecretResponse, 'versionStages'>]?: string } = {}
  const versionStages: string[] = []
  for (const field of decodeFields(bytes)) {
    const name = nameOf(field.number)
    if (field.number === STAGES_FIELD) versionStages.push(textOf(field))
    else if (name !== undefined) response[name] = textOf(field)
  }
  return { ...response, versionStages }
}

/** Fields of an error response. */
export interface GatewayError {
  readonly code: string | undefined
  readonly message: string | undefined
  readonly requestId: string | undefined
}

/** Decodes an Error message; undefined when the bytes are not one. */
export function decodeGatewayError(bytes: Uint8Array): GatewayError | undefined {
  try {
    const texts = new Map<number, string>()
    for (const field of decodeFields(bytes)) {
      if (field.number >= 2 && field.number <= 4) texts.set(field.number, textOf(field))
    }
    return { code: texts.get(2), message: texts.get(3), requestId: texts.get(4) }
  } catch (error) {
    if (error instanceof ProtobufError) return undefined
    throw error
  }
}

function nameOf(number: number): (typeof RESPONSE_FIELDS)[keyof typeof RESPONSE_FIELDS] | undefined {
  return Object.hasOwn(RESPONSE_FIELDS, number) ? RESPONSE_FIELDS[number as keyof typeof RESPONSE_FIELDS] : undefined
}

function textOf({ value }: ProtobufField): string {
  if (typeof value === 'number') throw new ProtobufError('a number where a text belongs')
  try {
    return utf8.decode(value)
  } catch {
    throw new ProtobufError('a text that is not UTF-8')
  }
}
