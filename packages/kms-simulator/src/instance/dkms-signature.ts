import { createHash, verify } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ApiError, missingParameter } from '../gateway/api-error.ts'
import type { RawRequest } from '../gateway/http-service.ts'
import type { ClientKey } from './client-keys.ts'

/** The claim of a request: sender, time and signed text. */
export interface DkmsClaim {
  readonly keyId: string
  readonly dateMs: number
  readonly stringToSign: string
  readonly signature: Buffer
}

/** The header that names the key, in the spelling of the service. */
export const KEY_HEADER = 'x-kms-acccesskeyid'

const SIGNATURE_METHOD = 'RSA_PKCS1_SHA_256'
const BEARER = /^Bearer ([A-Za-z0-9+/]+={0,2})$/
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** A header with an invalid value: 400 `InvalidParam`. */
export function invalidParam(name: string): ApiError {
  return new ApiError(400, 'InvalidParam', `The Param ${name} is invalid.`)
}

function header(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

/**
 * `METHOD`, `content-sha256`, `content-type`, `date`, every `x-kms-*` header and the path, a line each.
 * Source: Alibaba Cloud KMS instance gateway, `GetStringToSign` of the official DKMS SDKs.
 */
export function dkmsStringToSign(method: string, headers: IncomingHttpHeaders, path: string): string {
  const names = Object.keys(headers).filter((name) => name.startsWith('x-kms-'))
  return [
    method,
    header(headers, 'content-sha256'),
    header(headers, 'content-type'),
    header(headers, 'date'),
    ...names.sort().map((name) => `${name}:${header(headers, name)}`),
    path,
  ].join('\n')
}

/**
 * Reads the claim of a request and checks the hash of its body.
 * @throws ApiError `MissingParameter` | `InvalidParam`
 */
export function dkmsClaim(request: Omit<RawRequest, 'onDisconnect'>): DkmsClaim {
  const { headers, body } = request
  const keyId = header(headers, KEY_HEADER)
  if (keyId === '') throw missingParameter(KEY_HEADER)
  const date = header(headers, 'date')
  const dateMs = HTTP_DATE.test(date) ? Date.parse(date) : Number.NaN
  if (Number.isNaN(dateMs)) throw invalidParam('Date')
  if (header(headers, 'x-kms-signaturemethod') !== SIGNATURE_METHOD) throw invalidParam('x-kms-signaturemethod')
  const sha256 = createHash('sha256').update(body).digest('hex').toUpperCase()
  if (header(headers, 'content-sha256') !== sha256) throw invalidParam('Content-SHA256')
  const [, signature] = BEARER.exec(header(headers, 'authorization')) ?? []
  if (signature === undefined) throw invalidParam('Authorization')
  return {
    keyId,
    dateMs,
    stringToSign: dkmsStringToSign(request.method, headers, request.url),
    signature: Buffer.from(signature, 'base64'),
  }
}

/** RSASSA-PKCS1-v1_5 with SHA-256, against the public key of the client key's certificate. */
export function isSignedBy(claim: DkmsClaim, key: Pick<ClientKey, 'publicKey'>): boolean {
  return verify('sha256', Buffer.from(claim.stringToSign), key.publicKey, claim.signature)
}
