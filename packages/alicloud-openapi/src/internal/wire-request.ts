import { randomUUID } from 'node:crypto'
import { type Credential, Sensitive } from '@ack-secret-manager/core'
import type { OpenApiCall } from '../open-api-call.ts'
import { acs3Authorization, sha256Hex } from '../signature/acs3.ts'
import { canonicalQuery, formEncode } from './form-encode.ts'

/** A request as sent. Path, headers and body are secret. */
export interface WireRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The parts of a request that do not come from the call. */
export interface WireContext {
  /** `host` or `host:port`. */
  readonly endpoint: string
  /** Wall-clock milliseconds. */
  readonly nowMs: number
  /** @default a random UUID without hyphens */
  readonly nonce?: string
  /** Additional headers to sign. @default none */
  readonly extraHeaders?: Readonly<Record<string, string>>
}

type Call = Pick<OpenApiCall, 'action' | 'version' | 'params' | 'paramsIn' | 'what'>

const FORM = 'application/x-www-form-urlencoded'

/** A request signed with ACS3-HMAC-SHA256. */
export function signedRequest(call: Call, credential: Credential, context: WireContext): WireRequest {
  const { accessKeyId, accessKeySecret, securityToken } = credential
  const params = paramsOf(call)
  const inForm = call.paramsIn === 'form'
  const query = inForm ? '' : canonicalQuery(params)
  const body = inForm ? formEncode(params) : ''
  const bodySha256 = sha256Hex(body)
  const headers = {
    ...commonHeaders(context.endpoint),
    'x-acs-version': call.version,
    'x-acs-action': call.action,
    'x-acs-date': isoSeconds(context.nowMs),
    'x-acs-signature-nonce': nonceOf(context),
    'x-acs-content-sha256': bodySha256,
    ...(securityToken && { 'x-acs-accesskey-id': accessKeyId, 'x-acs-security-token': securityToken.expose() }),
    ...(inForm && { 'content-type': FORM }),
    ...context.extraHeaders,
  }
  const request = { method: 'POST', path: '/', canonicalQuery: query, headers, bodySha256 }
  const authorization = acs3Authorization(request, accessKeyId, accessKeySecret.expose())
  return { path: pathOf(query), headers: { ...headers, authorization }, body }
}

/** A request without a signature. The common parameters go into the query instead of headers. */
export function anonymousRequest(call: Call, context: WireContext): WireRequest {
  const params = paramsOf(call)
  const common = new Map([
    ['Action', call.action],
    ['Version', call.version],
    ['Format', 'JSON'],
    ['Timestamp', isoSeconds(context.nowMs)],
    ['SignatureNonce', nonceOf(context)],
  ])
  const inForm = call.paramsIn === 'form'
  const headers = { ...commonHeaders(context.endpoint), ...(inForm && { 'content-type': FORM }) }
  if (inForm) return { path: pathOf(canonicalQuery(common)), headers, body: formEncode(params) }
  return { path: pathOf(canonicalQuery(new Map([...params, ...common]))), headers, body: '' }
}

function paramsOf({ params, paramsIn, what }: Call): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue
    if (value instanceof Sensitive && paramsIn !== 'form') {
      throw new TypeError(`${what}: parameter ${name} is sensitive and must be sent in a form`)
    }
    texts.set(name, value instanceof Sensitive ? value.expose() : String(value))
  }
  return texts
}

function commonHeaders(endpoint: string): Record<string, string> {
  return { host: endpoint, accept: 'application/json' }
}

function pathOf(query: string): string {
  return query === '' ? '/' : `/?${query}`
}

function nonceOf({ nonce }: WireContext): string {
  // A UUID comes from a pool of random bytes, which is cheaper than bytes for each request.
  return nonce ?? randomUUID().replaceAll('-', '')
}

/** The latest result of {@link isoSeconds}, because hundreds of requests share a second. */
let latest = { second: NaN, text: '' }

function isoSeconds(ms: number): string {
  const second = Math.floor(ms / 1_000)
  if (second !== latest.second) latest = { second, text: `${new Date(ms).toISOString().slice(0, 19)}Z` }
  return latest.text
}
