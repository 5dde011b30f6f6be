import { createHash } from 'node:crypto'
import type { RequestSigner } from '@ack-secret-manager/core'

const MEDIA_TYPE = 'application/x-protobuf'

/** A request before it is signed. Header names in lower case. */
export interface UnsignedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** Headers of a signed request to the gateway of an instance. Source: the official DKMS SDKs, such as aliyun/alibabacloud-dkms-gcs-go-sdk. */
export function signedHeaders(
  body: Uint8Array,
  signer: RequestSigner,
  { apiName, nowMs }: { readonly apiName: string; readonly nowMs: number },
): Record<string, string> {
  const headers = {
    accept: MEDIA_TYPE,
    date: new Date(nowMs).toUTCString(),
    'x-kms-apiversion': 'dkms-gcs-0.2',
    'x-kms-apiname': apiName,
    'x-kms-signaturemethod': 'RSA_PKCS1_SHA_256',
    // Three c's is the spelling of the service.
    'x-kms-acccesskeyid': signer.keyId,
    'content-type': MEDIA_TYPE,
    'content-sha256': createHash('sha256').update(body).digest('hex').toUpperCase(),
  }
  const text = stringToSign({ method: 'POST', path: '/', headers })
  const signature = signer.sign(new TextEncoder().encode(text))
  return { ...headers, authorization: `Bearer ${Buffer.from(signature).toString('base64')}` }
}

/** The text that the signature covers: one line per part, without a final newline. */
export function stringToSign({ method, path, headers }: UnsignedRequest): string {
  const kmsHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-kms-'))
    .sort()
  return [
    method,
    headers['content-sha256'] ?? '',
    headers['content-type'] ?? '',
    headers['date'] ?? '',
    ...kmsHeaders.map((name) => `${name}:${headers[name]?.trim() ?? ''}`),
    path,
  ].join('\n')
}
