import {
  defined,
  isSecretSyncError,
  type ProxyServer,
  SecretSyncError,
  Sensitive,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import {
  clockSkewMs,
  classifyConnectionError,
  outsideVpcHint,
  proxyName,
  factsSuffix,
  classificationFacts,
  type ErrorTable,
  errorResponseFacts,
  withRequester,
  systemCodeOf,
  classifyErrorResponse,
} from '@ack-secret-manager/alicloud-openapi'
import type { HttpExchange } from './http-exchange.ts'

/** The SDK has no option for a CA. */
const UNTRUSTED = 'set NODE_EXTRA_CA_CERTS to the file of its CA before the process starts'

/** The failed call. */
export interface CallContext {
  /** `KMS secret "app/db" at kms.cn-hangzhou.aliyuncs.com` */
  readonly what: string
  /** Action and resource as RAM names them: `call kms:GetSecretValue on secret/app/db`. */
  readonly permission: string
  readonly endpoint: string
  /** Proxy of the connection. */
  readonly proxy: ProxyServer | undefined
  readonly errors: ErrorTable
  /** Description of the calling identity. */
  readonly identity: string
  readonly nowMs: number
  readonly connectTimeoutMs: number
  readonly maxResponseBytes: number
}

/** An error, and whether it means that the credential was rejected. */
export interface CallFailure {
  readonly error: SecretSyncError
  readonly credentialRefused: boolean
}

/**
 * Classifies the error of a call. Keeps only codes and the request id, because messages of the SDK contain the URL with access
 * key id, token and signature, and messages of KMS repeat the string to sign.
 */
export function callFailure(thrown: unknown, exchange: HttpExchange, context: CallContext): CallFailure {
  if (isSecretSyncError(thrown)) return { error: thrown, credentialRefused: false }
  const stopped = exchange.stopped && stoppedError(exchange.stopped, exchange, context)
  if (stopped) return { error: stopped, credentialRefused: false }
  const body = bodyOf(thrown)
  if (body !== undefined || exchange.progress === 'complete') return errorOfResponse(body, exchange, context)
  return { error: errorWithoutResponse(thrown, exchange, context), credentialRefused: false }
}

/** The error of a request that the exchange aborted, also of a response with status 200. */
export function stoppedError(
  why: NonNullable<HttpExchange['stopped']>,
  exchange: HttpExchange,
  { what, endpoint, connectTimeoutMs, maxResponseBytes }: CallContext,
): SecretSyncError {
  const facts = defined({ httpStatus: exchange.status })
  switch (why) {
    case 'connect-timeout':
      return new SecretSyncError(
        'Timeout',
        `${what}: no connection within ${connectTimeoutMs} ms${outsideVpcHint(endpoint)}`,
      )
    case 'too-large':
      return new SecretSyncError('InvalidResponse', `${what}: the response is larger than ${maxResponseBytes} bytes`, {
        facts,
      })
    case 'not-utf8':
      return new SecretSyncError('InvalidResponse', `${what}: the response is not UTF-8`, { facts })
  }
}

function errorOfResponse(body: ErrorBody | undefined, exchange: HttpExchange, context: CallContext): CallFailure {
  const { status, headers } = exchange
  const facts = errorResponseFacts({ status, headers, code: body?.Code, requestId: body?.RequestId }, context.nowMs)
  // An unreadable success or the page of a proxy. Only 429 and 5xx are meaningful without a code.
  if (body === undefined && !(status === 429 || (status ?? 0) >= 500)) {
    const message = `${context.what}: the response is not a JSON object${factsSuffix(facts)}: check that it is a KMS endpoint`
    return { error: new SecretSyncError('InvalidResponse', message, { facts }), credentialRefused: false }
  }
  const explain = withRequester(context.identity, context.permission)
  const classification = explain(
    classifyErrorResponse(
      {
        httpStatus: status ?? 0,
        remoteCode: facts.remoteCode,
        message: new Sensitive(''),
        clockSkewMs: clockSkewMs(headers, context.nowMs),
      },
      context.errors,
    ),
  )
  const message = `${context.what}: ${classification.hint}${factsSuffix(facts)}`
  const error = new SecretSyncError(classification.code, message, { facts: classificationFacts(classification, facts) })
  return { error, credentialRefused: classification.credentialRefused === true }
}

function errorWithoutResponse(
  thrown: unknown,
  exchange: HttpExchange,
  { what, endpoint, proxy }: CallContext,
): SecretSyncError {
  if (thrown instanceof Error && thrown.name === 'RequestTimeoutError') {
    return new SecretSyncError('Timeout', `${what}: no response in time`)
  }
  const systemCode = systemCodeOf(thrown)
  // Without a request the error does not come from the network.
  if (exchange.progress === 'none' && systemCode === undefined) return toSecretSyncError(thrown, what)
  const {
    code,
    hint,
    facts: more,
  } = classifyConnectionError(systemCode, {
    untrusted: UNTRUSTED,
    endpoint,
    ...(proxy && { proxy: proxyName(proxy) }),
  })
  const facts = { ...defined({ httpStatus: exchange.status }), ...more }
  const when = exchange.progress === 'head' ? ' in the middle of the response' : ''
  return new SecretSyncError(code, `${what}: ${hint}${when}`, { facts })
}

/** Field names of KMS. */
interface ErrorBody {
  readonly Code?: unknown
  readonly RequestId?: unknown
}

/** The SDK keeps the parsed body of an error response in `data`. */
function bodyOf(thrown: unknown): ErrorBody | undefined {
  if (!(thrown instanceof Error) || !('data' in thrown)) return undefined
  const { data } = thrown
  return typeof data === 'object' && data !== null ? data : undefined
}
