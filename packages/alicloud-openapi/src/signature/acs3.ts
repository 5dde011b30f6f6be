import { createHmac, hash } from 'node:crypto'

/** The request to sign. Header names in lower case. */
export interface Acs3Request {
  readonly method: string
  readonly path: string
  /** Result of `canonicalQuery`. */
  readonly canonicalQuery: string
  /** All headers of the request; only `host`, `content-type` and `x-acs-*` are signed. */
  readonly headers: Readonly<Record<string, string>>
  readonly bodySha256: string
}

/** Name and value of each, in order. */
type SignedHeaders = ReadonlyArray<readonly [name: string, value: string]>

/** Lower-case hex SHA-256. */
export function sha256Hex(data: string): string {
  return hash('sha256', data)
}

/** The canonical request, whose hash is signed. Alibaba Cloud, "V3 request body and signature". */
export function canonicalRequest(request: Acs3Request): string {
  const signed = signedHeaders(request.headers)
  return canonicalText(request, signed, namesOf(signed))
}

/** Value of the `Authorization` header for ACS3-HMAC-SHA256. */
export function acs3Authorization(request: Acs3Request, accessKeyId: string, accessKeySecret: string): string {
  const signed = signedHeaders(request.headers)
  const names = namesOf(signed)
  const stringToSign = `ACS3-HMAC-SHA256\n${sha256Hex(canonicalText(request, signed, names))}`
  const signature = createHmac('sha256', accessKeySecret).update(stringToSign).digest('hex')
  return `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${names},Signature=${signature}`
}

function canonicalText(request: Acs3Request, signed: SignedHeaders, names: string): string {
  return [
    request.method,
    request.path,
    request.canonicalQuery,
    ...signed.map(([name, value]) => `${name}:${value.trim()}`),
    '',
    names,
    request.bodySha256,
  ].join('\n')
}

function namesOf(signed: SignedHeaders): string {
  return signed.map(([name]) => name).join(';')
}

function signedHeaders(headers: Acs3Request['headers']): SignedHeaders {
  return Object.entries(headers)
    .filter(([name]) => name === 'host' || name === 'content-type' || name.startsWith('x-acs-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
