import type { ErrorFacts } from '@ack-secret-manager/core'
import { type AnswerHeaders, retryAfterMs } from './answer-headers.ts'

/** What an error answer says of itself, unchecked. */
export interface RefusedAnswer {
  readonly status: number | undefined
  readonly code: unknown
  readonly requestId: unknown
  readonly headers: AnswerHeaders
}

/** The facts of an error answer that are safe to show. */
export function refusalFacts({ status, code, requestId, headers }: RefusedAnswer, nowMs: number): ErrorFacts {
  const facts = {
    httpStatus: status,
    remoteCode: tokenOf(code),
    requestId: tokenOf(requestId),
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

/** Codes and ids come from the other side: only what looks like one is passed on. */
export function tokenOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,128}$/.test(value) ? value : undefined
}
