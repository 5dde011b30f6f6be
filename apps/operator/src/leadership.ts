import { type KubeApiError, type KubeClient, LeaseElector } from '@ack-secret-manager/k8s-client'
import type { SecretSyncError } from '@ack-secret-manager/core'
import type { LeadershipFence } from './leadership-fence.ts'
import { untilAborted } from './until-aborted.ts'

/** Options of {@link lead}. */
export interface LeadOptions {
  /** For the lease alone: whatever else hangs must not hold up its renewal. */
  readonly client: KubeClient
  /** Enforced before `onStarted`. */
  readonly fence: LeadershipFence
  /** False: there is one replica, and it leads. */
  readonly elect: boolean
  readonly namespace: string
  /** Name of the Lease. */
  readonly name: string
  readonly identity: string
  readonly leaseDurationMs: number
  /** Leadership began. */
  readonly onStarted: () => void
  /** Ends the work within `leftMs`; called before the lease is given back, and when it was lost. */
  readonly onStopped: (why: 'lost' | 'released', leftMs: number) => Promise<void>
  readonly onNewLeader: (identity: string) => void
  readonly onError: (error: KubeApiError | SecretSyncError) => void
  /**
   * Aborts when nothing may be written any more, the lease neither: whoever could have it at once may not have noticed yet.
   * Leadership is lost then.
   */
  readonly forbidden: AbortSignal
}

/** Of the lease: client-go renews for 10 s of 15 s before it gives up, and tries every 2 s. */
const RENEW_SHARE = 2 / 3
const RETRY_SHARE = 2 / 15

/**
 * Leads, or stands by until it can, until the signal aborts; then ends the work and gives the lease back.
 * @returns `lost` when another replica may lead by now, `released` otherwise
 */
export async function lead(options: LeadOptions, signal: AbortSignal): Promise<'lost' | 'released'> {
  const { elect, leaseDurationMs, fence, onStarted, onStopped, forbidden, ...rest } = options
  if (!elect) {
    onStarted()
    await untilAborted(AbortSignal.any([signal, forbidden]))
    const why = forbidden.aborted ? 'lost' : 'released'
    await onStopped(why, why === 'lost' ? 0 : Infinity)
    return why
  }
  const loss = new AbortController()
  const elector = new LeaseElector({
    ...rest,
    leaseDurationMs,
    renewDeadlineMs: Math.round(leaseDurationMs * RENEW_SHARE),
    retryPeriodMs: Math.round(leaseDurationMs * RETRY_SHARE),
    onStartedLeading: () => {
      fence.enforce(elector)
      onStarted()
    },
    onStoppedLeading: async (why, leftMs) => {
      await onStopped(why, leftMs)
      if (why === 'lost') loss.abort()
    },
  })
  forbidden.addEventListener('abort', () => elector.abandon(), { once: true })
  await elector.run({ signal: AbortSignal.any([signal, loss.signal]) })
  return loss.signal.aborted ? 'lost' : 'released'
}
