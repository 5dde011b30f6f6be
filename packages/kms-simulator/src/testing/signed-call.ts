import { randomUUID } from 'node:crypto'
import { acs3CanonicalRequest, acs3Signature, acs3StringToSign, sha256Hex } from '../gateway/signature/acs3.ts'
import { canonicalQuery } from '../gateway/percent-encode.ts'
import { httpsCall } from './https-call.ts'
import { rpcV1Signature, rpcV1StringToSign } from '../gateway/signature/rpc-v1.ts'

/** Who signs. */
export interface Signer {
  readonly id: string
  readonly secret: string
  readonly securityToken?: string
}

/** The call, and deviations from a correct client. */
export interface CallOptions {
  readonly endpoint: string
  readonly caPem: string
  readonly signer: Signer
  readonly signature?: 'rpc-v1' | 'acs3'
  readonly params?: Readonly<Record<string, string>>
  /** Parameters go into a form body instead of the query. */
  readonly inBody?: boolean
  readonly date?: Date
  readonly nonce?: string
  readonly version?: string
  readonly path?: string
  readonly method?: string
  /** Changes the finished request. */
  readonly tamper?: (wire: Wire) => void
}

/** A request about to be sent. */
interface Wire {
  query: Map<string, string>
  headers: Record<string, string>
  body: string
}

/** The response. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The parsed body; throws if it is not JSON. */
  readonly json: Record<string, unknown>
}

function isoSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

function rpcWire(action: string, options: CallOptions): Wire {
  const { signer, params = {}, inBody = false } = options
  const query = new Map<string, string>([
    ['Action', action],
    ['Format', 'json'],
    ['Version', options.version ?? '2016-01-20'],
    ['Timestamp', isoSeconds(options.date ?? new Date())],
    ['SignatureNonce', options.nonce ?? randomUUID()],
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureVersion', '1.0'],
    ['AccessKeyId', signer.id],
  ])
  if (signer.securityToken !== undefined) query.set('SecurityToken', signer.securityToken)
  const own = new Map(Object.entries(params))
  const all = new Map([...query, ...own])
  if (!inBody) for (const [key, value] of own) query.set(key, value)
  query.set('Signature', rpcV1Signature(signer.secret, rpcV1StringToSign(options.method ?? 'POST', all)))
  return {
    query,
    headers: inBody ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
    body: inBody ? canonicalQuery(own) : '',
  }
}

function acs3Wire(action: string, options: CallOptions): Wire {
  const { signer, params = {}, inBody = false } = options
  const own = new Map(Object.entries(params))
  const body = inBody ? canonicalQuery(own) : ''
  const headers: Record<string, string> = {
    host: new URL(options.endpoint).host,
    'x-acs-action': action,
    'x-acs-version': options.version ?? '2016-01-20',
    'x-acs-date': isoSeconds(options.date ?? new Date()),
    'x-acs-signature-nonce': options.nonce ?? randomUUID(),
    'x-acs-content-sha256': sha256Hex(body),
    ...(inBody ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    ...(signer.securityToken === undefined
      ? {}
      : { 'x-acs-accesskey-id': signer.id, 'x-acs-security-token': signer.securityToken }),
  }
  const query = inBody ? new Map<string, string>() : own
  const signedHeaders = Object.keys(headers).sort()
  const canonical = acs3CanonicalRequest({
    method: options.method ?? 'POST',
    path: options.path ?? '/',
    query,
    headers,
    signedHeaders,
    bodySha256: sha256Hex(body),
  })
  const signature = acs3Signature(signer.secret, acs3StringToSign(canonical))
  headers['authorization'] =
    `ACS3-HMAC-SHA256 Credential=${signer.id},SignedHeaders=${signedHeaders.join(';')},Signature=${signature}`
  return { query: new Map(query), headers, body }
}

/** Sends one signed call. */
export async function signedCall(action: string, options: CallOptions): Promise<Reply> {
  const wire = options.signature === 'acs3' ? acs3Wire(action, options) : rpcWire(action, options)
  options.tamper?.(wire)
  const url = new URL(`${options.path ?? '/'}?${canonicalQuery(wire.query)}`, options.endpoint)
  const { status, headers, body } = await httpsCall(url, {
    method: options.method ?? 'POST',
    headers: wire.headers,
    body: wire.body,
    ca: options.caPem,
  })
  const text = body.toString('utf8')
  return {
    status,
    headers,
    text,
    get json() {
      return JSON.parse(text) as Record<string, unknown>
    },
  }
}
