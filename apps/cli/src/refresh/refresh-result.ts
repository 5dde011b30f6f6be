import type { LiveExternalSecret } from '../kube/resource-objects.ts'
import { readyOf, reasonText } from '../kube/resource-objects.ts'

/** What the status of an ExternalSecret says about a refresh request. */
export interface RefreshResult {
  /** The operator has read every secret after the request. */
  readonly isHandled: boolean
  readonly ready: boolean
  readonly reason: string
  readonly message: string
}

/** Reads the result of the request `value` from the status. Pure. */
export function refreshResultOf({ status }: Pick<LiveExternalSecret, 'status'>, value: string): RefreshResult {
  const { status: ready, reason = '', message = '' } = readyOf(status) ?? {}
  return { isHandled: status.lastHandledRefresh === value, ready: ready === 'True', reason, message }
}

/** A line about a request that the operator has not handled in time. */
export function unhandledText({ ready, reason, message }: RefreshResult, timeoutMs: number, operator: string): string {
  const known =
    reason === ''
      ? 'the operator has never reported on it'
      : ready
        ? 'Ready is still True, of an earlier read'
        : reasonText(reason, message)
  return `not confirmed within ${timeoutMs / 1_000} s: ${known}${operator === '' ? '' : `; ${operator}`}`
}
