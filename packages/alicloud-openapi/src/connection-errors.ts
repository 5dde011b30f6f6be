import type { ErrorCode, ErrorFacts } from '@ack-secret-manager/core'
import { publicEndpointOf } from './endpoint.ts'

export interface ConnectionErrorClassification {
  readonly code: Extract<ErrorCode, 'Unavailable' | 'Timeout'>
  /** Cause and remedy, as the end of a sentence, with the system's error code. */
  readonly hint: string
  readonly facts?: ErrorFacts
}

/** Remedies that depend on the caller. */
export interface ConnectionHints {
  /** @default 'provide its CA' */
  readonly untrusted?: string
  /** @default 'check the endpoint and region', or the public endpoint of a VPC endpoint */
  readonly unresolved?: string
  /** @default no remedy, or the public endpoint of a VPC endpoint */
  readonly unreachable?: string
  /** Endpoint of the connection. @default unknown */
  readonly endpoint?: string
  /** `HOST:PORT` of the proxy of the connection. @default unknown */
  readonly proxy?: string
}

const CUT = 'the connection was cut'
const UNTRUSTED = 'its certificate is not trusted'
const EXPIRED = "its certificate has expired, or this machine's clock is wrong"
const NOT_YET_VALID = "its certificate is not valid yet, or this machine's clock is wrong"
const OTHER_NAME = 'its certificate is for another name: check the endpoint'
const UNRESOLVED = 'its name does not resolve'
const UNREACHABLE = 'there is no network route to it'

const FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the endpoint and its port',
  ECONNRESET: CUT,
  EPIPE: CUT,
  ECONNABORTED: CUT,
  UND_ERR_SOCKET: CUT,
  ENOTFOUND: UNRESOLVED,
  EAI_AGAIN: 'the name server does not respond',
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EADDRNOTAVAIL: 'this machine has no free local port or address',
  EMFILE: 'this process is out of file descriptors; raise the limit',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: NOT_YET_VALID,
  ERR_TLS_CERT_ALTNAME_INVALID: OTHER_NAME,
  EPROTO: 'it does not speak TLS: check the port',
}

const REJECTED_CERTIFICATE = new Set([UNTRUSTED, EXPIRED, NOT_YET_VALID, OTHER_NAME])

/** Classifies a connection error by Node's error code. Node.js documentation, "Common system errors", "TLS". */
export function classifyConnectionError(
  systemCode: string | undefined,
  hints: ConnectionHints = {},
): ConnectionErrorClassification {
  if (systemCode === undefined) return { code: 'Unavailable', hint: 'the connection failed' }
  const ofProxy = /^PROXY_(.*)$/.exec(systemCode)?.[1]
  if (ofProxy !== undefined) return proxyFailure(ofProxy, hints.proxy)
  if (systemCode === 'ETIMEDOUT') {
    return { code: 'Timeout', hint: `the connection timed out (ETIMEDOUT)${outsideVpcHint(hints.endpoint)}` }
  }
  const fault =
    FAULTS[systemCode] ?? (/^ERR_(?:SSL|TLS)_/.test(systemCode) ? 'no TLS session' : 'the connection failed')
  const advice = adviceOn(fault, hints)
  const hint = `${fault}${advice === undefined ? '' : `: ${advice}`} (${systemCode})`
  return { code: 'Unavailable', hint, ...(REJECTED_CERTIFICATE.has(fault) && { facts: { certificateRejected: true } }) }
}

/** @param code what {@link openTunnel} fails with, without its prefix */
function proxyFailure(code: string, name: string | undefined): ConnectionErrorClassification {
  const proxy = name === undefined ? 'the proxy' : `the proxy ${name}`
  if (code === 'TIMEOUT') return { code: 'Timeout', hint: `${proxy} does not respond in time` }
  if (code === '407') {
    return {
      code: 'Unavailable',
      hint: `${proxy} requires a valid user and password: check HTTPS_PROXY (HTTP 407)`,
      facts: { proxyStatus: 407 },
    }
  }
  if (/^\d+$/.test(code)) {
    const facts = { proxyStatus: Number(code) }
    return { code: 'Unavailable', hint: `${proxy} refuses to connect to it (HTTP ${code})`, facts }
  }
  return { code: 'Unavailable', hint: `${proxy} cannot be used: check HTTPS_PROXY (${code})` }
}

/** `; outside a VPC use kms.cn-hangzhou.aliyuncs.com` for the VPC endpoint, which other networks cannot reach; else empty. */
export function outsideVpcHint(endpoint: string | undefined): string {
  const elsewhere = endpoint === undefined ? undefined : publicEndpointOf(endpoint)
  return elsewhere === undefined ? '' : `; outside a VPC use ${elsewhere}`
}

function adviceOn(fault: string, hints: ConnectionHints): string | undefined {
  const { untrusted, unresolved, unreachable, endpoint } = hints
  if (fault === UNTRUSTED) return untrusted ?? 'provide its CA'
  const elsewhere = endpoint === undefined ? undefined : publicEndpointOf(endpoint)
  const vpc = elsewhere === undefined ? undefined : `outside a VPC use ${elsewhere}`
  if (fault === UNRESOLVED) return unresolved ?? vpc ?? 'check the endpoint and region'
  return fault === UNREACHABLE ? (unreachable ?? vpc) : undefined
}

/** Whether the server or a proxy closed the connection. */
export function isCut(systemCode: string | undefined): boolean {
  return FAULTS[systemCode ?? ''] === CUT
}

/** Error code of Node's network stack or an HTTP client; undefined for any other error. */
export function systemCodeOf(error: unknown): string | undefined {
  // Node throws an AggregateError after it has tried several addresses.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  if (!(first instanceof Error) || !('code' in first) || typeof first.code !== 'string') return undefined
  // OpenSSL has ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE.
  return /^[A-Z][A-Z0-9_/]{1,63}$/.test(first.code) ? first.code : undefined
}
