import { unauthenticated } from './secret-text.ts'

/** Largest accepted client key file. The files of KMS have about 3,500 bytes. */
export const MAX_CLIENT_KEY_BYTES = 65_536

/** The fields of a client key file, still encrypted. */
export interface ClientKeyFile {
  readonly keyId: string
  /** DER. */
  readonly pkcs12: Uint8Array
}

/** Must be a valid value of a request header. */
const KEY_ID = /^[\w.-]{1,128}$/

/**
 * Parses the file that KMS returns once, when a client key is created: `{"KeyId": "KAAP.…", "PrivateKeyData": "<base64>"}`.
 * Alibaba Cloud KMS API reference, CreateClientKey.
 * @param part names the file in errors
 * @throws SecretSyncError `Unauthenticated` naming the missing or malformed field
 */
export function readClientKeyFile(text: string, part: string): ClientKeyFile {
  const file = jsonObject(text, part)
  const keyId = field(file, 'KeyId', part)
  if (!KEY_ID.test(keyId))
    throw unauthenticated(part, 'has a malformed KeyId: expected letters, digits, ".", "-" and "_"')
  const base64 = field(file, 'PrivateKeyData', part).replaceAll(/[ \t\r\n]/g, '')
  const pkcs12 = Buffer.from(base64, 'base64')
  // Node skips invalid base64 characters; encoding again shows whether there were any.
  if (pkcs12.length === 0 || pkcs12.toString('base64') !== base64)
    throw unauthenticated(part, 'has a PrivateKeyData that is not base64')
  return { keyId, pkcs12 }
}

function jsonObject(text: string, part: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Drops the error of the parser, because it quotes the text.
    const hint = /^(?:ew|ey)[\w+/=\s]+$/.test(text) ? '; it looks like base64: encode it only once' : ''
    throw unauthenticated(part, `is not JSON: expected the file with KeyId and PrivateKeyData from KMS${hint}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unauthenticated(part, 'is not a JSON object')
  return value as Record<string, unknown>
}

function field(file: Record<string, unknown>, name: string, part: string): string {
  const value = Object.hasOwn(file, name) ? file[name] : undefined
  if (value === undefined) throw unauthenticated(part, `has no ${name}: expected the file from KMS`)
  if (typeof value !== 'string') throw unauthenticated(part, `has a ${name} that is not a string`)
  return value.trim()
}
