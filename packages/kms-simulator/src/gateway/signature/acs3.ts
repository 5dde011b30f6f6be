import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ApiError, missingParameter } from '../api-error.ts'
import type { ApiRequest } from '../api-request.ts'
import { canonicalQuery } from '../percent-encode.ts'
import type { SignatureClaim } from './claim.ts'

const ALGORITHM = 'ACS3-HMAC-SHA256'
const AUTHORIZATION = /^ACS3-HMAC-SHA256 Credential=([^,\s]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})$/
const REQUIRED_HEADERS = [
  'host',
  'x-acs-action',
  'x-acs-version',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-content-sha256',
] as const

/** Lower-case hex SHA-256. */
export function sha256Hex(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}

const SHA256_OF_NOTHING = sha256Hex('')

/** The canonical request; `signedHeaders` names the headers that take part. */
export function acs3CanonicalRequest(request: {
  readonly method: string
  readonly path: string
  readonly query: ReadonlyMap<string, string>
  readonly headers: IncomingHttpHeaders
  readonly signedHeaders: readonly string[]
  readonly bodySha256: string
}): string {
  const names = [...request.signedHeaders].sort()
  const headers = names.map((name) => `${name}:${headerText(request.headers, name).trim()}\n`).join('')
  return [
    request.method,
    request.path,
    canonicalQuery(request.query),
    headers,
    names.join(';'),
    request.bodySha256,
  ].join('\n')
}

/** Source: Alibaba Cloud API reference, "V3 request body and signature mechanism". */
export function acs3StringToSign(canonicalRequest: string): string {
  return `${ALGORITHM}\n${sha256Hex(canonicalRequest)}`
}

/** Lower-case hex of HMAC-SHA256 with the bare secret. */
export function acs3Signature(secret: string, stringToSign: string): string {
  return createHmac('sha256', secret).update(stringToSign).digest('hex')
}

function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : (value ?? '')
}

function incomplete(why: string): ApiError {
  return new ApiError(
    400,
    'IncompleteSignature',
    `The request signature does not conform to Alibaba Cloud standards: ${why}.`,
  )
}

/** The signature must cover every header that names the caller, the call or the body; others could be changed in transit. */
function checkCoverage(headers: IncomingHttpHeaders, signedHeaders: readonly string[]): void {
  for (const name of REQUIRED_HEADERS) if (headerText(headers, name) === '') throw missingParameter(name)
  const signed = new Set(signedHeaders)
  if (signed.size !== signedHeaders.length) throw incomplete('SignedHeaders names a header twice')
  for (const name of signed) {
    if (headers[name] === undefined) throw incomplete(`the signed header ${name} is absent`)
  }
  for (const name of Object.keys(headers)) {
    const mustBeSigned = name.startsWith('x-acs-') || name === 'host' || name === 'content-type'
    if (mustBeSigned && !signed.has(name)) throw incomplete(`the header ${name} is not signed`)
  }
}

/**
 * Reads the claim of a request with an `Authorization: ACS3-HMAC-SHA256 …` header.
 * @throws ApiError `IncompleteSignature` | `MissingParameter` | `InvalidParameter`
 */
export function acs3Claim(request: ApiRequest): SignatureClaim {
  const { headers } = request
  const match = AUTHORIZATION.exec(headers.authorization ?? '')
  const [, accessKeyId, signedList, signature] = match ?? []
  if (accessKeyId === undefined || signedList === undefined || signature === undefined) {
    throw incomplete('the Authorization header is malformed')
  }
  const signedHeaders = signedList.split(';')
  checkCoverage(headers, signedHeaders)

  const bodySha256 = request.body.length === 0 ? SHA256_OF_NOTHING : sha256Hex(request.body)
  if (headerText(headers, 'x-acs-content-sha256') !== bodySha256) {
    throw new ApiError(400, 'InvalidParameter', 'The specified x-acs-content-sha256 does not match the request body.')
  }
  const securityToken =
    headers['x-acs-security-token'] === undefined ? undefined : headerText(headers, 'x-acs-security-token')
  // The SDKs repeat the id next to a token; both must be equal.
  const repeated = headers['x-acs-accesskey-id']
  if (securityToken !== undefined && repeated === undefined) throw missingParameter('x-acs-accesskey-id')
  if (repeated !== undefined && repeated !== accessKeyId) throw incomplete('x-acs-accesskey-id differs from Credential')

  const stringToSign = acs3StringToSign(
    acs3CanonicalRequest({
      method: request.method,
      path: request.path,
      query: request.query,
      headers,
      signedHeaders,
      bodySha256,
    }),
  )
  return {
    accessKeyId,
    securityToken,
    date: headerText(headers, 'x-acs-date'),
    nonce: headerText(headers, 'x-acs-signature-nonce'),
    signature,
    stringToSign,
    sign: (secret) => acs3Signature(secret, stringToSign),
  }
}
