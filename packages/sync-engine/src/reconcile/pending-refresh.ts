import { isOutage } from '@ack-secret-manager/core'
import { handledRefreshOf } from '@ack-secret-manager/resources'
import type { SyncResource } from '../model/resource.ts'
import type { SyncOutcome } from '../report/sync-outcome.ts'

/** A refresh that a user requested with an annotation. */
export interface PendingRefresh {
  /** For `status.lastHandledRefresh`. */
  readonly value: string
  /** When it was noticed, in monotonic milliseconds. An older read does not handle it. */
  readonly sinceMs: number
}

/** The refresh request of a resource; undefined if there is none, or if its status shows that it was handled. */
export function pendingRefreshOf(
  { refreshNow, status }: Pick<SyncResource, 'refreshNow' | 'status'>,
  nowMs: number,
): PendingRefresh | undefined {
  const value = refreshNow === undefined ? undefined : handledRefreshOf(refreshNow)
  return value === undefined || value === status?.lastHandledRefresh ? undefined : { value, sinceMs: nowMs }
}

/**
 * Whether a sync handles a refresh request:
 * - `handled`: every secret was read after the request, and the outcome has the result.
 * - `later`: the resource is suspended or KMS is unavailable. Another sync follows when that ends.
 * - `again`: a read had begun before the request, so the secrets must be read once more.
 */
export function refreshResult(
  outcome: SyncOutcome,
  { hasChanged, hasReadSince }: { readonly hasChanged: boolean; readonly hasReadSince: boolean },
): 'handled' | 'later' | 'again' {
  if (outcome.kind === 'suspended' || hasChanged) return 'later'
  const errors = outcome.kind === 'refused' ? [outcome.error] : outcome.failures.map(({ error }) => error)
  if (errors.some(({ code }) => isOutage(code))) return 'later'
  return hasReadSince ? 'handled' : 'again'
}
