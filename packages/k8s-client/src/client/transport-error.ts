import { isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { errors } from 'undici'
import type { KubeCredentials } from '../credentials/kube-credentials.ts'

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'])

/** The limit of open files, of the process or of the machine, is reached. */
const OUT_OF_FILES = new Set(['EMFILE', 'ENFILE'])

const UNCONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

/** With a wrong clock each certificate is outside its dates. */
const OUTSIDE_DATES = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'])

const REJECTED_CERTIFICATE = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/

/** The server, such as a proxy that verifies client certificates, refuses the handshake. */
const REFUSED_HANDSHAKE = /ALERT_(?:HANDSHAKE_FAILURE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)$/

/** Message of undici: the proxy has not opened the tunnel. */
const PROXY_RESPONSE = /^Proxy response \((\d{3})\) !== 200/

const NO_TUNNEL = /^UND_ERR_PRX_|of the proxy$/

const RESETS = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Whether the connection broke after the request was sent, or an idle connection was closed at that moment. */
export function isReset(error: unknown): boolean {
  return RESETS.has(codeOf(error))
}

/** Whether no connection was opened, so that the request was not sent. */
export function isConnectFailure(error: unknown): boolean {
  const code = codeOf(error)
  return (
    [REJECTED_CERTIFICATE, REFUSED_HANDSHAKE, NO_TUNNEL, /^ERR_OSSL/].some((rejected) => rejected.test(code)) ||
    UNCONNECTED.has(code)
  )
}

/**
 * Maps an error of the HTTP client. Its message and cause are dropped, because they can contain headers and URLs.
 * @param what the request, as `describeRequest` names it
 * @param to the API server
 */
export function transportError(
  error: unknown,
  what: string,
  to?: Pick<KubeCredentials, 'server' | 'proxyUrl'>,
): SecretSyncError {
  if (isSecretSyncError(error)) return error
  const code = codeOf(error)
  const at = `${hostText(' at', to?.server)}${hostText(' through the proxy-url', to?.proxyUrl)}`
  if (TIMEOUTS.has(code))
    return new SecretSyncError('Timeout', `${what}: the API server${at} did not respond in time (${code})`)
  if (code === 'UND_ERR_ABORTED' || code === 'ABORT_ERR') return new SecretSyncError('Cancelled', `${what}: cancelled`)
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new SecretSyncError('Cancelled', `${what}: the client was closed`)
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    // Retried, because a token can be replaced.
    return new SecretSyncError(
      'Unavailable',
      `${what}: not sent, because its path or a header is malformed; check the token of the credentials`,
    )
  }
  if (error instanceof errors.HTTPParserError) {
    return new SecretSyncError(
      'InvalidResponse',
      `${what}: the response is not HTTP; check that the address is an API server`,
    )
  }
  const isRejected = REJECTED_CERTIFICATE.test(code)
  const facts = isRejected ? { certificateRejected: true as const } : {}
  return new SecretSyncError(
    'Unavailable',
    `${what}: the API server${at} cannot be reached (${code}); ${adviceFor(code)}`,
    {
      facts,
    },
  )
}

function adviceFor(code: string): string {
  if (OUT_OF_FILES.has(code)) return 'there are too many open files; raise their limit'
  if (OUTSIDE_DATES.has(code)) return "check this machine's clock, and the dates of the certificate"
  if (REJECTED_CERTIFICATE.test(code) || /ERR_O?SSL|ERR_TLS/.test(code)) {
    return 'check the certificate authority and the credentials of the kubeconfig'
  }
  return 'check that the API server is up and that this machine can reach it'
}

/** The host of a URL, without its user and password. */
function hostText(words: string, url: string | undefined): string {
  return url === undefined || !URL.canParse(url) ? '' : `${words} ${new URL(url).host}`
}

/** Maps the reason of an aborted signal: an error of this project is kept, any other reason is `Cancelled`. */
export function abortError(reason: unknown, what: string): SecretSyncError {
  return isSecretSyncError(reason) ? reason : new SecretSyncError('Cancelled', `${what}: cancelled`)
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  // undici reports it as an aborted request.
  const [, status] = PROXY_RESPONSE.exec(error.message) ?? []
  if (status !== undefined) return `HTTP ${status} of the proxy`
  if (error.name === 'AbortError') return 'ABORT_ERR'
  // Node reports several addresses as one AggregateError.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  if (first instanceof Error && 'code' in first && typeof first.code === 'string') return first.code
  return error.name
}
