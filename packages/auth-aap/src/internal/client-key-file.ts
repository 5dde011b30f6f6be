import { refused } from './secret-text.ts'

/** Longest client key file that is read. KMS's own have about 3,500 bytes. */
export const MAX_CLIENT_KEY_BYTES = 65_536

/** What the client key file holds, before the password. */
export interface ClientKeyFile {
  readonly keyId: string
  /** DER. */
  readonly pkcs12: Uint8Array
}

/** The id travels in a request header. */
const KEY_ID = /^[\w.-]{1,128}$/

/**
 * Reads the file that KMS gives once, when a client key is created: `{"KeyId": "KAAP.…", "PrivateKeyData": "<base64>"}`.
 * Alibaba Cloud KMS API reference, CreateClientKey.
 * @param part names the file in errors
 * @throws SecretSyncError `Unauthenticated` telling what it is not
 */
export function readClientKeyFile(text: string, part: string): ClientKeyFile {
  const file = jsonObject(text, part)
  const keyId = field(file, 'KeyId', part)
  if (!KEY_ID.test(keyId)) throw refused(part, 'has a KeyId that is none: expected letters, digits, ".", "-" and "_"')
  const base64 = field(file, 'PrivateKeyData', part).replaceAll(/[ \t\r\n]/g, '')
  const pkcs12 = Buffer.from(base64, 'base64')
  // Node skips what is no base64; the way back shows whether anything was.
  if (pkcs12.length === 0 || pkcs12.toString('base64') !== base64)
    throw refused(part, 'has a PrivateKeyData that is not base64')
  return { keyId, pkcs12 }
}

function jsonObject(text: string, part: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text.
    const hint = /^(?:ew|ey)[\w+/=\s]+$/.test(text) ? '; it looks like base64 of it: encode it once less' : ''
    throw refused(part, `is not JSON: expected the file with KeyId and PrivateKeyData that KMS gave${hint}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(part, 'is not a JSON object')
  return value as Record<string, unknown>
}

function field(file: Record<string, unknown>, name: string, part: string): string {
  const value = Object.hasOwn(file, name) ? file[name] : undefined
  if (value === undefined) throw refused(part, `has no ${name}: expected the file that KMS gave`)
  if (typeof value !== 'string') throw refused(part, `has a ${name} that is no text`)
  return value.trim()
}
