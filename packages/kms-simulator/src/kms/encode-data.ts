import { SecretSyncError } from '@ack-secret-manager/core'
import type { DataType } from './secret.ts'
import { whyDataIsInvalid } from './value-params.ts'

/** A value in a seed or a control request. */
export interface PlainData {
  readonly data?: string | undefined
  readonly dataBase64?: string | undefined
}

function encode(value: PlainData, dataType: DataType): string | undefined {
  if (dataType === 'binary') return value.dataBase64 ?? Buffer.from(value.data ?? '').toString('base64')
  if (value.dataBase64 === undefined) return value.data ?? ''
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(value.dataBase64, 'base64'))
  } catch {
    return undefined
  }
}

/**
 * `SecretData` for a value: text unchanged, bytes in base64. @throws SecretSyncError `InvalidSpec` when the bytes of a text are not UTF-8,
 * or the value is too long
 */
export function encodeData(value: PlainData, dataType: DataType, what: string): string {
  const data = encode(value, dataType)
  const why = data === undefined ? 'dataBase64 is not UTF-8; make it binary' : whyDataIsInvalid(data, dataType)
  if (data === undefined || why !== undefined) throw new SecretSyncError('InvalidSpec', `${what}: ${why}`)
  return data
}
