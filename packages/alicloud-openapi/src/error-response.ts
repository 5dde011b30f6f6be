import type { ErrorFacts } from '@ack-secret-manager/core'
import type { ResponseHeaders } from './response-headers.ts'
import { retryAfterMs } from './retry-after.ts'

/** Fields of an error response, unchecked. */
export interface ErrorResponse {
  readonly status: number | undefined
  readonly code: unknown
  readonly requestId: unknown
  readonly headers: ResponseHeaders
}

/** The facts of an error response that are safe to show. */
export function errorResponseFacts({ status, code, requestId, headers }: ErrorResponse, nowMs: number): ErrorFacts {
  const facts = {
    httpStatus: status,
    remoteCode: codeOf(code),
    requestId: requestIdOf(requestId),
    retryAfterMs: retryAfterMs(headers, nowMs),
  }
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined))
}

/**
 * The end of an error message: ` (Forbidden.NoPermission, HTTP 403)`. Without the request id, because a message that differs
 * each time would look like many failures.
 */
export function factsSuffix({ remoteCode, httpStatus }: ErrorFacts): string {
  const parts = [remoteCode, httpStatus && `HTTP ${httpStatus}`].filter(Boolean)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

/**
 * Codes are CamelCase words joined by dots, with up to two digits at the end of a word; keys and tokens mix digits and letters.
 * Anything else from the service is dropped, because it may repeat a secret.
 */
const CODE = /^[A-Z][A-Za-z]{1,40}\d{0,2}(?:\.[A-Z][A-Za-z]{0,40}\d{0,2}){0,4}$/

function codeOf(value: unknown): string | undefined {
  return typeof value === 'string' && CODE.test(value) ? value : undefined
}

/** Request ids are UUIDs; some gateways use shorter ones. */
export function requestIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9A-Fa-f-]{1,36}$/.test(value) ? value : undefined
}
