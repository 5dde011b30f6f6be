import { defined, SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import { errors } from 'undici'
import { type ConnectionHints, classifyConnectionError, outsideVpcHint, systemCodeOf } from '../connection-errors.ts'

const CANCELLED = new Set(['UND_ERR_ABORTED', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])

/** The failed request. */
export interface RequestContext {
  readonly what: string
  readonly connectTimeoutMs: number
  readonly maxResponseBytes: number
  readonly hints: ConnectionHints
}

/** Converts an undici error. Keeps only its code, because messages and causes can hold URLs and headers. undici, "Errors". */
export function connectionFailure(error: unknown, context: RequestContext): SecretSyncError {
  const { what, connectTimeoutMs, maxResponseBytes, hints } = context
  const systemCode = systemCodeOf(error)
  // undici gives a parser error no code.
  if (error instanceof errors.HTTPParserError) {
    return new SecretSyncError('InvalidResponse', `${what}: the response is not HTTP`)
  }
  if (systemCode === undefined) return toSecretSyncError(error, what)
  if (CANCELLED.has(systemCode)) return new SecretSyncError('Cancelled', `${what}: cancelled`)
  if (systemCode === 'UND_ERR_CONNECT_TIMEOUT') {
    const where = outsideVpcHint(hints.endpoint)
    return new SecretSyncError('Timeout', `${what}: no connection within ${connectTimeoutMs} ms${where}`)
  }
  if (systemCode === 'UND_ERR_HEADERS_OVERFLOW') {
    return new SecretSyncError('InvalidResponse', `${what}: the headers of the response are too large`)
  }
  if (systemCode === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new SecretSyncError('InvalidResponse', `${what}: the response is larger than ${maxResponseBytes} bytes`)
  }
  const { code, hint, facts } = classifyConnectionError(systemCode, hints)
  return new SecretSyncError(code, `${what}: ${hint}`, defined({ facts }))
}
