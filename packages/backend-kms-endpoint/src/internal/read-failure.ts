import { type ErrorFacts, isSecretSyncError, SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import { connectionVerdict, systemCodeOf } from './connection-failure.ts'
import type { HttpExchange } from './http-exchange.ts'
import { kmsVerdict } from './kms-error-codes.ts'
import { retryAfterMs } from './retry-after.ts'

/** What a failed call was about. */
export interface ReadContext {
  /** `KMS secret "app/db" at kms.cn-hangzhou.aliyuncs.com` */
  readonly what: string
  /** Name of the secret, or its ARN. */
  readonly secretName: string
  /** Description of the identity that asked. */
  readonly identity: string
  readonly nowMs: number
  readonly connectTimeoutMs: number
  readonly maxResponseBytes: number
}

/** A failure, and whether it was the credential that was refused. */
export interface ReadFailure {
  readonly error: SecretSyncError
  readonly credentialRefused: boolean
}

/**
 * What a call's failure means, from what it threw and how far it came. Nothing of the thrown error is kept but codes and
 * the request id: the SDK's messages contain the URL with access key id, token and signature, and KMS's own message
 * repeats the string to sign.
 */
export function readFailure(thrown: unknown, exchange: HttpExchange, context: ReadContext): ReadFailure {
  if (isSecretSyncError(thrown)) return { error: thrown, credentialRefused: false }
  const stopped = exchange.stopped && stoppedError(exchange.stopped, exchange, context)
  if (stopped) return { error: stopped, credentialRefused: false }
  const body = bodyOf(thrown)
  if (body !== undefined || exchange.progress === 'complete') return answered(body, exchange, context)
  return { error: unanswered(thrown, exchange, context), credentialRefused: false }
}

/** An error for an answer that came but cannot be used. Also for 200 answers. */
export function stoppedError(
  why: NonNullable<HttpExchange['stopped']>,
  exchange: HttpExchange,
  { what, connectTimeoutMs, maxResponseBytes }: ReadContext,
): SecretSyncError {
  const facts = exchange.status === undefined ? {} : { httpStatus: exchange.status }
  switch (why) {
    case 'connect-timeout':
      return new SecretSyncError('Timeout', `${what}: no connection within ${connectTimeoutMs} ms`)
    case 'too-large':
      return new SecretSyncError('InvalidResponse', `${what}: the answer is larger than ${maxResponseBytes} bytes`, {
        facts,
      })
    case 'not-utf8':
      return new SecretSyncError('InvalidResponse', `${what}: the answer is not UTF-8`, { facts })
  }
}

function answered(body: ErrorBody | undefined, exchange: HttpExchange, context: ReadContext): ReadFailure {
  const { status } = exchange
  const retryAfter = retryAfterMs(exchange.headers, context.nowMs)
  const facts: ErrorFacts = {
    ...(status === undefined ? {} : { httpStatus: status }),
    ...(body?.code === undefined ? {} : { remoteCode: body.code }),
    ...(body?.requestId === undefined ? {} : { requestId: body.requestId }),
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
  }
  // A success that cannot be read, or a proxy's page: only a status that says more than 'no' is worth classifying.
  if (body === undefined && !(status === 429 || (status ?? 0) >= 500)) {
    const message = `${context.what}: the answer is not a JSON object${named(facts)}: is it a KMS endpoint?`
    return { error: new SecretSyncError('InvalidResponse', message, { facts }), credentialRefused: false }
  }
  const verdict = kmsVerdict(body?.code, status)
  const says =
    verdict.code === 'AccessDenied'
      ? `${context.identity} may not kms:GetSecretValue ${resourceOf(context.secretName)}: ${verdict.hint}`
      : verdict.code === 'Unauthenticated'
        ? `${context.identity} is refused: ${verdict.hint}`
        : verdict.hint
  const error = new SecretSyncError(verdict.code, `${context.what}: ${says}${named(facts)}`, { facts })
  return { error, credentialRefused: verdict.credentialRefused === true }
}

function unanswered(thrown: unknown, exchange: HttpExchange, { what }: ReadContext): SecretSyncError {
  if (thrown instanceof Error && thrown.name === 'RequestTimeoutError') {
    return new SecretSyncError('Timeout', `${what}: no answer in time`)
  }
  const systemCode = systemCodeOf(thrown)
  // Before any request was made it is no failure of the network.
  if (exchange.progress === 'none' && systemCode === undefined) return toSecretSyncError(thrown, what)
  const { code, hint } = connectionVerdict(systemCode)
  const facts = exchange.status === undefined ? {} : { httpStatus: exchange.status }
  const when = exchange.progress === 'head' ? ' in the middle of the answer' : ''
  return new SecretSyncError(code, `${what}: ${hint}${when}`, { facts })
}

interface ErrorBody {
  readonly code: string | undefined
  readonly requestId: string | undefined
}

/** What the SDK keeps of an error answer: the parsed body under `data`, with KMS's own names. */
function bodyOf(thrown: unknown): ErrorBody | undefined {
  if (!(thrown instanceof Error) || !('data' in thrown)) return undefined
  const { data } = thrown
  if (typeof data !== 'object' || data === null) return undefined
  return {
    code: 'Code' in data ? token(data.Code) : undefined,
    requestId: 'RequestId' in data ? token(data.RequestId) : undefined,
  }
}

/** Codes and ids come from the other side: only what looks like one is passed on. */
function token(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,128}$/.test(value) ? value : undefined
}

/** The request id stays in the facts: a message that differs each time would make one failure look like many. */
function named({ remoteCode, httpStatus }: ErrorFacts): string {
  const parts = [remoteCode, httpStatus && `HTTP ${httpStatus}`]
  const text = parts.filter(Boolean).join(', ')
  return text === '' ? '' : ` (${text})`
}

function resourceOf(secretName: string): string {
  return secretName.startsWith('acs:') ? secretName : `secret/${secretName}`
}
