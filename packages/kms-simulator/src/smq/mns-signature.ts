import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { AccessKey, KeyRing } from '../gateway/access-keys.ts'
import { ApiError } from '../gateway/api-error.ts'
import type { RawRequest } from '../gateway/http-service.ts'

const VERSION = '2015-06-06'
const MAX_SKEW_MS = 900_000
const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

type SignedRequest = Pick<RawRequest, 'method' | 'url' | 'headers'>

/** The signed text. The security token is not part of it. Source: SMQ developer reference, "Sign requests". */
export function mnsStringToSign({ method, url, headers }: SignedRequest): string {
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-mns-'))
    .map(([name, value]) => `${name}:${String(value).trim()}`)
    .sort()
  const lines = [method, headers['content-md5'] ?? '', headers['content-type'] ?? '', headers.date ?? '']
  return [...lines, ...own, url].join('\n')
}

export function mnsSignature(secret: string, stringToSign: string): string {
  return createHmac('sha1', secret).update(stringToSign).digest('base64')
}

/** The key id and signature of the `Authorization` header. @throws ApiError */
export function mnsClaim({ headers }: SignedRequest): { readonly id: string; readonly signature: string } {
  const { authorization } = headers
  if (authorization === undefined) {
    throw new ApiError(400, 'MissingAuthorizationHeader', 'Authorization header is required.')
  }
  const [, id, signature] = /^MNS ([^:\s]{1,128}):([A-Za-z0-9+/]{27}=)$/.exec(authorization) ?? []
  if (id === undefined || signature === undefined) {
    throw new ApiError(400, 'InvalidAuthorizationHeader', 'The Authorization header format is invalid.')
  }
  return { id, signature }
}

/** Authenticates the sender: version, date (±15 minutes), digest, signature and token. @throws ApiError */
export function verifyMns(request: RawRequest, keys: KeyRing, nowMs: number): AccessKey {
  const { headers } = request
  const claim = mnsClaim(request)
  checkHeaders(request, nowMs)
  const key = keys.get(claim.id)
  if (key === undefined) {
    throw new ApiError(403, 'InvalidAccessKeyId', 'The AccessKey Id you provided does not exist.')
  }
  const stringToSign = mnsStringToSign(request)
  const expected = Buffer.from(mnsSignature(key.secret, stringToSign))
  const given = Buffer.from(claim.signature)
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
    // Like the service, this echoes the signed text.
    throw new ApiError(
      403,
      'SignatureDoesNotMatch',
      `The request signature we calculated does not match the signature you provided. String to sign: ${stringToSign}`,
    )
  }
  checkToken(key, headers['security-token'], nowMs)
  return key
}

function checkHeaders({ headers, body }: RawRequest, nowMs: number): void {
  if (headers['x-mns-version'] === undefined) {
    throw new ApiError(400, 'MissingVersionHeader', 'The header x-mns-version is required.')
  }
  if (headers['x-mns-version'] !== VERSION) throw new ApiError(400, 'InvalidVersionHeader', 'The version is not valid.')
  const { date } = headers
  if (date === undefined) throw new ApiError(400, 'MissingDateHeader', 'Date header is required.')
  const dateMs = DATE.test(date) ? Date.parse(date) : Number.NaN
  if (Number.isNaN(dateMs)) throw new ApiError(400, 'InvalidDateHeader', 'The Date header format is invalid.')
  if (Math.abs(nowMs - dateMs) > MAX_SKEW_MS) {
    throw new ApiError(408, 'TimeExpired', 'The http request you sent is expired.')
  }
  const digest = headers['content-md5']
  const hex = hash('md5', body)
  // SDKs send the base64 of the hex text, the documentation defines the base64 of the bytes.
  const accepted = [Buffer.from(hex), Buffer.from(hex, 'hex')].map((each) => each.toString('base64'))
  if (digest !== undefined && !accepted.includes(String(digest))) {
    // Spelled so by the service.
    throw new ApiError(400, 'InvalidDegist', 'The Content-MD5 you specified is invalid.')
  }
  if (body.length > 0 && !/^(?:text|application)\/xml(?:;|$)/.test(headers['content-type'] ?? '')) {
    throw new ApiError(400, 'InvalidContentType', 'The content type must be application/xml or text/xml.')
  }
}

function checkToken(key: AccessKey, token: unknown, nowMs: number): void {
  if (key.securityToken !== token) throw new ApiError(403, 'InvalidSecurityToken', 'The security token is not valid.')
  if (key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs) {
    throw new ApiError(403, 'InvalidSecurityToken.Expired', 'The security token is expired.')
  }
}
