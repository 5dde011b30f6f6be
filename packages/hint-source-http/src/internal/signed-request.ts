import { createHash, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { MAX_HEADER_LENGTH, MAX_SKEW_MS } from './limits.ts'

/** Headers that are signed, in the order of the signed text. EventBridge user guide, "Signature algorithm". */
const SIGNED = [
  'x-eventbridge-signature-timestamp',
  'x-eventbridge-hash-method',
  'x-eventbridge-signature-version',
  'x-eventbridge-signature-url',
  'x-eventbridge-signature-token',
] as const
const SIGNATURE = 'x-eventbridge-signature-v2'
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** What the headers of a request claim. */
export interface SignatureClaim {
  readonly timestampMs: number
  readonly certificateUrl: string
  readonly token: string
  readonly signature: Buffer
  /** The signed headers as lines of the signed text. */
  readonly lines: readonly string[]
}

/** The claim of a request with version 1.0 of SHA256; undefined for any other request. */
export function signatureClaim(headers: IncomingHttpHeaders): SignatureClaim | undefined {
  const values = SIGNED.map((name) => headers[name])
  const signature = headers[SIGNATURE]
  const isText = (value: unknown): value is string =>
    typeof value === 'string' && value !== '' && value.length <= MAX_HEADER_LENGTH
  if (!values.every(isText) || !isText(signature) || !BASE64.test(signature)) return undefined
  const [timestamp = '', method, version, certificateUrl = '', token = ''] = values
  if (!/^\d{1,15}$/.test(timestamp) || method !== 'SHA256' || version !== '1.0') return undefined
  return {
    timestampMs: Number(timestamp),
    certificateUrl,
    token,
    signature: Buffer.from(signature, 'base64'),
    lines: SIGNED.map((name, at) => `${name}: ${values[at]}`),
  }
}

/** Whether the signature was made too long ago, or too far in the future. */
export function isExpired({ timestampMs }: SignatureClaim, nowMs: number): boolean {
  return Math.abs(nowMs - timestampMs) > MAX_SKEW_MS
}

/** Compares with every token, in a time that does not depend on the texts. */
export function isValidToken(given: string, tokens: readonly string[]): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  const ours = digest(given)
  return tokens.filter((token) => timingSafeEqual(ours, digest(token))).length > 0
}

/** Whether the key signed the request. The reference code ends the text with a line break, the documentation does not. */
export function isSigned({ lines, signature }: SignatureClaim, url: string, body: Buffer, key: KeyObject): boolean {
  const head = Buffer.from(`${[url, ...lines].join('\n')}\n`)
  return ['', '\n'].some((end) => verify('sha256', Buffer.concat([head, body, Buffer.from(end)]), key, signature))
}
