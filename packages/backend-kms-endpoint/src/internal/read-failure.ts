import {
  clockSkewMs,
  classifyConnectionError,
  factsSuffix,
  classificationFacts,
  KMS_ERRORS,
  errorResponseFacts,
  withRequester,
  systemCodeOf,
  classifyErrorResponse,
} from '@ack-secret-manager/alicloud-openapi'
import { isSecretSyncError, nameText, SecretSyncError, Sensitive, toSecretSyncError } from '@ack-secret-manager/core'
import type { HttpExchange } from './http-exchange.ts'

/** The SDK has no way to be given a CA. */
const UNTRUSTED = 'name the file of its CA in NODE_EXTRA_CA_CERTS before the process starts'

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
  const { status, headers } = exchange
  const facts = errorResponseFacts({ status, headers, code: body?.Code, requestId: body?.RequestId }, context.nowMs)
  // A success that cannot be read, or a proxy's page: only a status that says more than 'no' is worth classifying.
  if (body === undefined && !(status === 429 || (status ?? 0) >= 500)) {
    const message = `${context.what}: the answer is not a JSON object${factsSuffix(facts)}: is it a KMS endpoint?`
    return { error: new SecretSyncError('InvalidResponse', message, { facts }), credentialRefused: false }
  }
  const explain = withRequester(context.identity, `kms:GetSecretValue ${nameText(resourceOf(context.secretName))}`)
  const classification = explain(
    classifyErrorResponse(
      {
        httpStatus: status ?? 0,
        remoteCode: facts.remoteCode,
        message: new Sensitive(''),
        clockSkewMs: clockSkewMs(headers, context.nowMs),
      },
      KMS_ERRORS,
    ),
  )
  const message = `${context.what}: ${classification.hint}${factsSuffix(facts)}`
  const error = new SecretSyncError(classification.code, message, { facts: classificationFacts(classification, facts) })
  return { error, credentialRefused: classification.credentialRefused === true }
}

function unanswered(thrown: unknown, exchange: HttpExchange, { what }: ReadContext): SecretSyncError {
  if (thrown instanceof Error && thrown.name === 'RequestTimeoutError') {
    return new SecretSyncError('Timeout', `${what}: no answer in time`)
  }
  const systemCode = systemCodeOf(thrown)
  // Before any request was made it is no failure of the network.
  if (exchange.progress === 'none' && systemCode === undefined) return toSecretSyncError(thrown, what)
  const { code, hint } = classifyConnectionError(systemCode, { untrusted: UNTRUSTED })
  const facts = exchange.status === undefined ? {} : { httpStatus: exchange.status }
  const when = exchange.progress === 'head' ? ' in the middle of the answer' : ''
  return new SecretSyncError(code, `${what}: ${hint}${when}`, { facts })
}

/** The names are KMS's own. */
interface ErrorBody {
  readonly Code?: unknown
  readonly RequestId?: unknown
}

/** What the SDK keeps of an error answer: the parsed body under `data`. */
function bodyOf(thrown: unknown): ErrorBody | undefined {
  if (!(thrown instanceof Error) || !('data' in thrown)) return undefined
  const { data } = thrown
  return typeof data === 'object' && data !== null ? data : undefined
}

function resourceOf(secretName: string): string {
  return secretName.startsWith('acs:') ? secretName : `secret/${secretName}`
}
