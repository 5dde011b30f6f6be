import { defined, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { clockSkewMs } from '../response-headers.ts'
import { classifyErrorResponse } from '../gateway-errors.ts'
import type { HttpsResponse } from '../https-connection.ts'
import type { OpenApiResponse, OpenApiCall } from '../open-api-call.ts'
import { factsSuffix, errorResponseFacts, requestIdOf } from '../error-response.ts'
import { classificationFacts, type RemoteFailure } from '../error-classification.ts'

/** The call of the response. */
export interface ResponseContext {
  readonly what: string
  readonly classify: Pick<OpenApiCall, 'errors' | 'explain'>
  readonly nowMs: number
  /** Called when the service rejects the credential. */
  readonly onRefused?: () => void
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

type JsonObject = Readonly<Record<string, unknown>>

/**
 * Parses a successful response.
 * @throws SecretSyncError the classification of an error response. Drops its message, because it may repeat parameters and
 * signed text.
 */
export function readResponse(response: HttpsResponse, context: ResponseContext): OpenApiResponse {
  const { status, headers } = response
  const body = jsonObject(response.body)
  if (status >= 200 && status < 300 && body !== undefined) {
    const requestId = requestIdOf(body['RequestId'])
    return { status, body, ...defined({ requestId }) }
  }
  const { what, nowMs } = context
  const facts = errorResponseFacts({ status, headers, code: body?.['Code'], requestId: body?.['RequestId'] }, nowMs)
  if (status >= 300 && status < 400) {
    const message = `${what}: the endpoint responds with a redirect, which is not followed${factsSuffix(facts)}`
    throw new SecretSyncError('InvalidResponse', message, { facts })
  }
  // An unreadable success or the page of a proxy. Only 429 and 5xx are meaningful without a code.
  if (body === undefined && status !== 429 && status < 500) {
    const message = `${what}: the response is not a JSON object${factsSuffix(facts)}: check the endpoint`
    throw new SecretSyncError('InvalidResponse', message, { facts })
  }
  const byCode = classifyErrorResponse(remoteFailure(response, body, facts.remoteCode, nowMs), context.classify.errors)
  const classification = context.classify.explain?.(byCode) ?? byCode
  if (classification.credentialRefused === true) context.onRefused?.()
  const missingAction = deniedAction(body)
  const message = `${what}: ${classification.hint}${deniedNote(missingAction, classification.hint)}${factsSuffix(facts)}`
  throw new SecretSyncError(classification.code, message, {
    facts: { ...classificationFacts(classification, facts), ...defined({ missingAction }) },
  })
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

/** Undefined for anything except a JSON object in UTF-8. */
function jsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    // Drops the error, because both decoders quote their input.
    return undefined
  }
}

/** The missing permission, if RAM reports it. Alibaba Cloud RAM, "AccessDeniedDetail". */
function deniedAction(body: JsonObject | undefined): string | undefined {
  const detail = body?.['AccessDeniedDetail']
  if (typeof detail !== 'object' || detail === null || !('AuthAction' in detail)) return undefined
  const { AuthAction: action } = detail
  return typeof action === 'string' && /^[\w-]{1,64}:[\w*]{1,128}$/.test(action) ? action : undefined
}

/** Adds the action unless the hint already names it as the one that was called. */
function deniedNote(action: string | undefined, hint: string): string {
  return action === undefined || hint.includes(`may not call ${action} on `) ? '' : `; ${action} is missing`
}
