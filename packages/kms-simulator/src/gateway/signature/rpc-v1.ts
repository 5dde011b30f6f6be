import { createHmac } from 'node:crypto'
import { invalidParameter, missingParameter } from '../api-error.ts'
import type { ApiRequest } from '../api-request.ts'
import { canonicalQuery, percentEncode } from '../percent-encode.ts'
import type { SignatureClaim } from './claim.ts'

/** `METHOD&%2F&enc(canonical parameters)`. Source: Alibaba Cloud API reference, "Request structure and signature (V1)". */
export function rpcV1StringToSign(method: string, params: ReadonlyMap<string, string>): string {
  return `${method}&%2F&${percentEncode(canonicalQuery(params, 'Signature'))}`
}

/** Base64 of HMAC-SHA1 with the key `secret&`. */
export function rpcV1Signature(secret: string, stringToSign: string): string {
  return createHmac('sha1', `${secret}&`).update(stringToSign).digest('base64')
}

/**
 * Reads the claim of a request with the old signature method: parameters of query and form body, including `Signature`.
 * @throws ApiError `MissingParameter` | `InvalidParameter`
 */
export function rpcV1Claim(request: ApiRequest): SignatureClaim {
  const { params } = request
  const required = (name: string): string => {
    const value = params.get(name)
    if (value === undefined || value === '') throw missingParameter(name)
    return value
  }
  if (required('SignatureMethod') !== 'HMAC-SHA1')
    throw invalidParameter('SignatureMethod', 'only HMAC-SHA1 is accepted')
  if (required('SignatureVersion') !== '1.0') throw invalidParameter('SignatureVersion', 'only 1.0 is accepted')
  if (params.has('Format') && params.get('Format')?.toLowerCase() !== 'json') {
    throw invalidParameter('Format', 'only JSON is accepted')
  }
  const stringToSign = rpcV1StringToSign(request.method, params)
  return {
    accessKeyId: required('AccessKeyId'),
    securityToken: params.get('SecurityToken'),
    date: required('Timestamp'),
    nonce: required('SignatureNonce'),
    signature: required('Signature'),
    stringToSign,
    sign: (secret) => rpcV1Signature(secret, stringToSign),
  }
}
