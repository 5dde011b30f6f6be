import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { clockSkewMs } from '../response-headers.ts'
import { classifyErrorResponse } from '../gateway-errors.ts'
import type { HttpsResponse } from '../https-connection.ts'
import type { OpenApiResponse, OpenApiCall } from '../open-api-call.ts'
import { factsSuffix, errorResponseFacts, requestIdOf } from '../error-response.ts'
import { classificationFacts, type RemoteFailure } from '../error-classification.ts'

/** What the answer is about. */
export interface ResponseContext {
  readonly what: string
  readonly meaning: Pick<OpenApiCall, 'errors' | 'explain'>
  readonly nowMs: number
  /** Told when the credential itself was refused. */
  readonly onRefused?: () => void
}

type JsonObject = Readonly<Record<string, unknown>>

/**
 * The answer of a success.
 * @throws SecretSyncError what a refusal means. Nothing of its message is kept: it may repeat parameters and what was signed.
 */
export function readResponse(answer: HttpsResponse, context: ResponseContext): OpenApiResponse {
  const { status, headers } = answer
  const body = jsonObject(answer.body)
  if (status >= 200 && status < 300 && body !== undefined) {
    const requestId = requestIdOf(body['RequestId'])
    return { status, body, ...(requestId === undefined ? {} : { requestId }) }
  }
  const { what, nowMs } = context
  const facts = errorResponseFacts({ status, headers, code: body?.['Code'], requestId: body?.['RequestId'] }, nowMs)
  if (status >= 300 && status < 400) {
    const message = `${what}: the endpoint answers with a redirect, which is not followed${factsSuffix(facts)}`
    throw new SecretSyncError('InvalidResponse', message, { facts })
  }
  // A success that cannot be read, or a proxy's page: only a status that says more than 'no' is worth classifying.
  if (body === undefined && status !== 429 && status < 500) {
    const message = `${what}: the answer is not a JSON object${factsSuffix(facts)}: check the endpoint`
    throw new SecretSyncError('InvalidResponse', message, { facts })
  }
  const means = classifyErrorResponse(remoteFailure(answer, body, facts.remoteCode, nowMs), context.meaning.errors)
  const classification = context.meaning.explain?.(means) ?? means
  if (classification.credentialRefused === true) context.onRefused?.()
  const message = `${what}: ${classification.hint}${deniedAction(body)}${factsSuffix(facts)}`
  throw new SecretSyncError(classification.code, message, { facts: classificationFacts(classification, facts) })
}

function remoteFailure(
  { status, headers }: HttpsResponse,
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

/** Which permission is missing, where RAM tells. Alibaba Cloud RAM, "AccessDeniedDetail". */
function deniedAction(body: JsonObject | undefined): string {
  const detail = body?.['AccessDeniedDetail']
  if (typeof detail !== 'object' || detail === null || !('AuthAction' in detail)) return ''
  const { AuthAction: action } = detail
  return typeof action === 'string' && /^[\w-]{1,64}:[\w*]{1,128}$/.test(action) ? `; ${action} is missing` : ''
}
