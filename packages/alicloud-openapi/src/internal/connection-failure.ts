import { SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'

const TRUST = 'its certificate is not trusted: give its CA'
const CUT = 'the connection was cut'
const NO_ROUTE = 'there is no network route to it'

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the endpoint and its port',
  ECONNRESET: CUT,
  EPIPE: CUT,
  ECONNABORTED: CUT,
  UND_ERR_SOCKET: CUT,
  ENOTFOUND: 'its name does not resolve: check the endpoint and region; -vpc names resolve only inside a VPC',
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
  CERT_SIGNATURE_FAILURE: TRUST,
  CERT_HAS_EXPIRED: "its certificate has expired, or this machine's clock is wrong",
  CERT_NOT_YET_VALID: "its certificate is not valid yet, or this machine's clock is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: check the endpoint',
  EPROTO: 'it does not speak TLS: check the port',
}

const CANCELLED = new Set(['UND_ERR_ABORTED', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])

/**
 * An error of the HTTP client as ours. Only its code is kept: messages and causes can hold URLs and headers.
 * Node.js documentation, "Common system errors", "TLS"; undici, "Errors".
 */
export function connectionFailure(
  error: unknown,
  { what, connectTimeoutMs, maxResponseBytes }: { what: string; connectTimeoutMs: number; maxResponseBytes: number },
): SecretSyncError {
  const code = systemCodeOf(error)
  if (code === undefined) return toSecretSyncError(error, what)
  if (CANCELLED.has(code)) return new SecretSyncError('Cancelled', `${what}: cancelled`)
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new SecretSyncError('Timeout', `${what}: no connection within ${connectTimeoutMs} ms`)
  }
  if (code === 'ETIMEDOUT') return new SecretSyncError('Timeout', `${what}: the connection timed out (${code})`)
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new SecretSyncError('InvalidResponse', `${what}: the answer is larger than ${maxResponseBytes} bytes`)
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code.startsWith('HPE_')) {
    return new SecretSyncError('InvalidResponse', `${what}: the answer is not HTTP (${code})`)
  }
  const hint = HINTS[code] ?? (/^ERR_(?:SSL|TLS)_/.test(code) ? 'no TLS session' : 'the connection failed')
  return new SecretSyncError('Unavailable', `${what}: ${hint} (${code})`)
}

/** Code of an error of Node's network stack or of the HTTP client; undefined for anything else. */
function systemCodeOf(error: unknown): string | undefined {
  // Several addresses tried in a row give one AggregateError.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  if (!(first instanceof Error) || !('code' in first) || typeof first.code !== 'string') return undefined
  return /^[A-Z][A-Z0-9_]{1,63}$/.test(first.code) ? first.code : undefined
}
