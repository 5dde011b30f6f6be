import { type ErrorFacts, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { verdictOf } from '../gateway-verdict.ts'
import type { OpenApiAnswer } from '../open-api-call.ts'
import type { ErrorTable, RemoteFailure } from '../verdict.ts'
import { clockSkewMs, type ResponseHeaders, retryAfterMs } from './retry-after.ts'

/** An answer as it came in. */
export interface WireAnswer {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Uint8Array
}

/** What the answer is about. */
export interface AnswerContext {
  readonly what: string
  readonly nowMs: number
  readonly errors: ErrorTable | undefined
  /** Told when the credential itself was refused. */
  readonly onRefused: () => void
}

type JsonObject = Readonly<Record<string, unknown>>

/**
 * The answer of a success.
 * @throws SecretSyncError what a refusal means. Nothing of its message is kept: it may repeat parameters and what was signed.
 */
export function readAnswer(answer: WireAnswer, context: AnswerContext): OpenApiAnswer {
  const { status } = answer
  const body = jsonObject(answer.body)
  const requestId = token(body?.['RequestId'])
  if (status >= 200 && status < 300 && body !== undefined) {
    return { status, body, ...(requestId === undefined ? {} : { requestId }) }
  }
  const { what, nowMs } = context
  const remoteCode = token(body?.['Code'])
  const pauseMs = retryAfterMs(answer.headers, nowMs)
  const facts: ErrorFacts = {
    httpStatus: status,
    ...(remoteCode === undefined ? {} : { remoteCode }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(pauseMs === undefined ? {} : { retryAfterMs: pauseMs }),
  }
  if (status >= 300 && status < 400) {
    const message = `${what}: the endpoint answers with a redirect, which is not followed${named(facts)}`
    throw new SecretSyncError('InvalidResponse', message, { facts })
  }
  // A success that cannot be read, or a proxy's page: only a status that says more than 'no' is worth classifying.
  if (body === undefined && status !== 429 && status < 500) {
    const message = `${what}: the answer is not a JSON object${named(facts)}: check the endpoint`
    throw new SecretSyncError('InvalidResponse', message, { facts })
  }
  const verdict = verdictOf(remoteFailure(answer, body, remoteCode, nowMs), context.errors)
  if (verdict.credentialRefused === true) context.onRefused()
  const message = `${what}: ${verdict.hint}${deniedAction(body)}${named(facts)}`
  throw new SecretSyncError(verdict.code, message, {
    facts: verdict.field === undefined ? facts : { ...facts, field: verdict.field },
  })
}

function remoteFailure(
  { status, headers }: WireAnswer,
  body: JsonObject | undefined,
  remoteCode: string | undefined,
  nowMs: number,
): RemoteFailure {
  const message = body?.['Message']
  return {
    httpStatus: status,
    remoteCode,
    message: new Sensitive(typeof message === 'string' ? message : ''),
    clockSkewMs: clockSkewMs(headers, nowMs),
  }
}

/** `undefined` for anything but a JSON object in UTF-8. */
function jsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    // Both decoders quote their input; that it is none is all there is to say.
    return undefined
  }
}

/** Codes and ids come from the other side: only what looks like one is passed on. */
function token(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,128}$/.test(value) ? value : undefined
}

/** Which permission is missing, where RAM tells. Alibaba Cloud RAM, "AccessDeniedDetail". */
function deniedAction(body: JsonObject | undefined): string {
  const detail = body?.['AccessDeniedDetail']
  if (typeof detail !== 'object' || detail === null || !('AuthAction' in detail)) return ''
  const { AuthAction: action } = detail
  return typeof action === 'string' && /^[\w-]{1,64}:[\w*]{1,128}$/.test(action) ? `; ${action} is missing` : ''
}

function named({ remoteCode, httpStatus, requestId }: ErrorFacts): string {
  const parts = [remoteCode, httpStatus && `HTTP ${httpStatus}`, requestId && `request id ${requestId}`]
  return ` (${parts.filter(Boolean).join(', ')})`
}
