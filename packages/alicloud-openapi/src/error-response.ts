import type { ErrorFacts } from '@ack-secret-manager/core'
import { type ResponseHeaders, retryAfterMs } from './response-headers.ts'

/** What an error answer says of itself, unchecked. */
export interface ErrorResponse {
  readonly status: number | undefined
  readonly code: unknown
  readonly requestId: unknown
  readonly headers: ResponseHeaders
}

/** The facts of an error answer that are safe to show. */
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
 * How a message names its facts: ` (Forbidden.NoPermission, HTTP 403)`. Not the request id: a message that differs each time
 * would make one failure look like many.
 */
export function factsSuffix({ remoteCode, httpStatus }: ErrorFacts): string {
  const parts = [remoteCode, httpStatus && `HTTP ${httpStatus}`].filter(Boolean)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

/**
 * Codes are CamelCase words, dots between them, a digit or two behind one; keys and tokens have digits among their letters.
 * What comes from the other side and looks otherwise may repeat anything.
 */
const CODE = /^[A-Z][A-Za-z]{1,40}\d{0,2}(?:\.[A-Z][A-Za-z]{0,40}\d{0,2}){0,4}$/

function codeOf(value: unknown): string | undefined {
  return typeof value === 'string' && CODE.test(value) ? value : undefined
}

/** Ids are UUIDs; gateways have shorter ones. */
export function requestIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9A-Fa-f-]{1,36}$/.test(value) ? value : undefined
}
