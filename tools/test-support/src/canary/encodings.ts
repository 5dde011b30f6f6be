import { createHash } from 'node:crypto'

/** An encoding of a value. */
export type Encoding = readonly [how: string, encode: (value: string) => string]

/** Reversible encodings that reveal a value, also inside longer data. */
export const ENCODINGS: readonly Encoding[] = [
  ['as it is', (value) => value],
  ['in base64', (value) => Buffer.from(value).toString('base64')],
  ['in base64 of something longer, one byte on', (value) => Buffer.from(`x${value}y`).toString('base64')],
  ['in base64 of something longer, two bytes on', (value) => Buffer.from(`xx${value}`).toString('base64')],
  ['in base64 for URLs', (value) => Buffer.from(value).toString('base64url')],
  ['URL-encoded', (value) => encodeURIComponent(value)],
  ['in hex', (value) => Buffer.from(value).toString('hex')],
  ['in upper-case hex', (value) => Buffer.from(value).toString('hex').toUpperCase()],
  ['as Node shows a buffer', (value) => (Buffer.from(value).toString('hex').match(/../g) ?? []).join(' ')],
  ['as a list of bytes', (value) => [...Buffer.from(value)].join(',')],
  ['escaped for JSON', (value) => JSON.stringify(value)],
  ['escaped for JSON in JSON', (value) => JSON.stringify(JSON.stringify(value))],
  ['escaped for JSON as Go does', (value) => JSON.stringify(value).replace(/[<>&]/g, escapedSign)],
]

function escapedSign(sign: string): string {
  return `\\u00${sign.charCodeAt(0).toString(16)}`
}

/** Encodings that only bytes can contain: not arguments, variables or Kubernetes objects. */
export const BYTE_ENCODINGS: readonly Encoding[] = [
  ['in UTF-16', (value) => Buffer.from(value, 'utf16le').toString('latin1')],
  ['in UTF-16, high bytes first', (value) => Buffer.from(value, 'utf16le').swap16().toString('latin1')],
]

/** Unsalted hashes. */
export const HASHES: readonly Encoding[] = (['md5', 'sha1', 'sha256', 'sha512'] as const).flatMap((algorithm) =>
  (['hex', 'base64', 'base64url'] as const).map((encoding): Encoding => [
    `as ${algorithm} in ${encoding}`,
    (value) => createHash(algorithm).update(value).digest(encoding),
  ]),
)
