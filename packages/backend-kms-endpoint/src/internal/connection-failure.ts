import type { ErrorCode } from '@ack-secret-manager/core'

/** What a failure of the connection means. */
export interface ConnectionVerdict {
  readonly code: Extract<ErrorCode, 'Unavailable' | 'Timeout'>
  readonly hint: string
}

const TRUST = 'its certificate is not trusted: name the file of its CA in NODE_EXTRA_CA_CERTS before the process starts'
const NO_ROUTE = 'there is no network route to it'

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the endpoint and its port',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ECONNABORTED: 'the connection was cut',
  ENOTFOUND: 'its name does not resolve: check the endpoint and region; kms-vpc names resolve only inside a VPC',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  EADDRNOTAVAIL: 'this machine has no free local port or address',
  EMFILE: 'this process has no free file descriptor',
  DEPTH_ZERO_SELF_SIGNED_CERT: TRUST,
  SELF_SIGNED_CERT_IN_CHAIN: TRUST,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TRUST,
  UNABLE_TO_GET_ISSUER_CERT: TRUST,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TRUST,
  CERT_UNTRUSTED: TRUST,
  CERT_HAS_EXPIRED: "its certificate has expired, or this machine's clock is wrong",
  CERT_NOT_YET_VALID: "its certificate is not valid yet, or this machine's clock is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: check the endpoint',
  EPROTO: 'it does not speak TLS: check the port',
}

/** Code of an error of Node's network stack; undefined for anything else. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return /^[A-Z][A-Z0-9_]{1,63}$/.test(error.code) ? error.code : undefined
}

/** The meaning of a failed connection by the code of Node's error. Node.js documentation, "Common system errors", "TLS". */
export function connectionVerdict(systemCode: string | undefined): ConnectionVerdict {
  if (systemCode === undefined) return { code: 'Unavailable', hint: 'the connection failed' }
  if (systemCode === 'ETIMEDOUT') return { code: 'Timeout', hint: 'the connection timed out (ETIMEDOUT)' }
  const hint = HINTS[systemCode] ?? (/^ERR_(?:SSL|TLS)_/.test(systemCode) ? 'no TLS session' : 'the connection failed')
  return { code: 'Unavailable', hint: `${hint} (${systemCode})` }
}
