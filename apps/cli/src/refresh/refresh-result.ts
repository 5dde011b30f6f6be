import { type LiveExternalSecret, NOT_REPORTED, reasonText } from '@ack-secret-manager/resource-view'
import { handledRefreshOf, readyOf, REFRESH_NOW_ANNOTATION } from '@ack-secret-manager/resources'

/** What the status of an ExternalSecret says about a refresh request. */
export interface RefreshResult {
  /** The operator has read every secret after the request. */
  readonly isHandled: boolean
  readonly ready: boolean
  readonly reason: string
  readonly message: string
}

/**
 * Reads the result of the request `value` from a resource as it is after the request. A later request of another user covers it.
 * Pure.
 */
export function refreshResultOf(
  { status, metadata }: Pick<LiveExternalSecret, 'status' | 'metadata'>,
  value: string,
): RefreshResult {
  const { status: ready, reason = '', message = '' } = readyOf(status) ?? {}
  const requested = handledRefreshOf(metadata.annotations?.[REFRESH_NOW_ANNOTATION] ?? value)
  const { lastHandledRefresh } = status
  const isHandled = lastHandledRefresh === value || lastHandledRefresh === requested
  return { isHandled, ready: ready === 'True', reason, message }
}

/** A line about a request that the operator has not handled in time. */
export function unhandledText({ ready, reason, message }: RefreshResult, timeoutMs: number, operator: string): string {
  const known =
    reason === ''
      ? NOT_REPORTED
      : ready
        ? 'Ready is still that of the read before the request'
        : reasonText(reason, message)
  return `not confirmed within ${timeoutMs / 1_000} s: ${known}${operator === '' ? '' : `; ${operator}`}`
}
