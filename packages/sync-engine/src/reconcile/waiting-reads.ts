import { isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import type { SourceRef, SourcesAtInterval } from '../model/source-reading.ts'
import type { SourcePool } from '../sources/source-pool.ts'

/** A sync has reached its deadline because its reads wait for a rate limit. */
export class WaitingReadsError extends SecretSyncError {
  constructor(message: string) {
    super('Throttled', message)
  }
}

export interface WaitingReadsOptions {
  readonly pool: Pick<SourcePool, 'peek'>
  /** Sources that the sync has not read. */
  readonly atInterval: SourcesAtInterval
  readonly signal: AbortSignal
  /** How long the sync has waited for its reads. */
  readonly waitedMs: number
}

/**
 * The error of a sync that has reached its deadline because its reads wait for a limit. A read that was sent ends long before that deadline.
 * Undefined if the sync was cancelled, or if all reads have ended.
 */
export function waitingReadsError(
  reads: readonly SourceRef[],
  { pool, atInterval, signal, waitedMs }: WaitingReadsOptions,
): WaitingReadsError | undefined {
  if (!isSecretSyncError(signal.reason) || signal.reason.code !== 'Timeout') return undefined
  const waiting = reads.flatMap(({ key, budget }) => {
    const state = pool.peek(key)
    if (state?.versionId !== undefined && state.versionId === atInterval.get(key)) return []
    const hasEnded = state === undefined || state.error !== undefined || (state.ageMs ?? Infinity) <= waitedMs
    return hasEnded ? [] : [{ isNew: state.ageMs === undefined, budget }]
  })
  if (waiting.length === 0) return undefined
  const count = waiting.filter(({ isNew }) => isNew).length
  const what = count > 0 ? `${count} of ${reads.length} secrets were not read` : 'not all secrets were read again'
  const waited = `${what} within ${Math.round(waitedMs / 1_000)} s`
  return new WaitingReadsError(`${waited}: reads wait for ${limitsOf(waiting)}`)
}

/** The limits of the stores, and that of the account, which always applies. */
function limitsOf(waiting: readonly { readonly budget: SourceRef['budget'] | undefined }[]): string {
  const stores = new Set(
    waiting.flatMap(({ budget }) => (budget ? [`${budget.store} (${budget.maxPerSecond} per second)`] : [])),
  )
  const [store] = stores
  if (store === undefined) return 'the rate limit of the account'
  const more = stores.size > 1 ? ` and ${stores.size - 1} more` : ''
  return `the rate limit of ${store}${more}, or of the account`
}
