import { createHmac, hash } from 'node:crypto'
import type { Credential } from '@ack-secret-manager/core'

/** A request to sign. */
export interface MnsRequest {
  readonly method: 'DELETE' | 'GET' | 'POST'
  /** Path and query exactly as they are sent. */
  readonly resource: string
  /** @default none */
  readonly body?: string
}

const VERSION = '2015-06-06'

/**
 * The headers of a signed request. SMQ developer reference, "Sign requests"; a header that is not sent is an empty line, and the
 * security token is not signed.
 */
export function mnsHeaders(request: MnsRequest, credential: Credential, nowMs: number): Record<string, string> {
  const { method, resource, body } = request
  const { accessKeyId, accessKeySecret, securityToken } = credential
  const date = new Date(nowMs).toUTCString()
  const [md5, type] = body === undefined ? ['', ''] : [base64OfHexMd5(body), 'application/xml']
  const stringToSign = [method, md5, type, date, `x-mns-version:${VERSION}`, resource].join('\n')
  const signature = createHmac('sha1', accessKeySecret.expose()).update(stringToSign).digest('base64')
  return {
    date,
    'x-mns-version': VERSION,
    ...(body === undefined ? {} : { 'content-md5': md5, 'content-type': type }),
    ...(securityToken && { 'security-token': securityToken.expose() }),
    authorization: `MNS ${accessKeyId}:${signature}`,
  }
}

/** As the official SDKs send it. */
function base64OfHexMd5(body: string): string {
  return Buffer.from(hash('md5', body)).toString('base64')
}
