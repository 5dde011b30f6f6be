import { type KubeApiError, type KubeClient, LeaseElector } from '@ack-secret-manager/k8s-client'
import type { SecretSyncError } from '@ack-secret-manager/core'
import type { LeadershipFence } from './leadership-fence.ts'
import { untilAborted } from './until-aborted.ts'

export interface LeadOptions {
  /** Client for the Lease only, because hanging requests must not delay its renewal. */
  readonly client: KubeClient
  /** Enforced before `onStarted`. */
  readonly fence: LeadershipFence
  /** False with a single replica, which is always the leader. */
  readonly elect: boolean
  readonly namespace: string
  /** Name of the Lease. */
  readonly name: string
  readonly identity: string
  readonly leaseDurationMs: number
  /** Called when this replica becomes the leader. */
  readonly onStarted: () => void
  /** Stops the work within `leftMs`; called before the Lease is released, and after it was lost. */
  readonly onStopped: (reason: 'lost' | 'released', leftMs: number) => Promise<void>
  readonly onNewLeader: (identity: string) => void
  readonly onError: (error: KubeApiError | SecretSyncError) => void
  /**
   * Aborts after a resourceVersion rollback. Leadership is then lost, and even the Lease is not released, because the next leader
   * might not have noticed the rollback yet.
   */
  readonly forbidden: AbortSignal
}

/** Shares of the lease duration, as in client-go: renew deadline 10 s and retry period 2 s of 15 s. */
const RENEW_SHARE = 2 / 3
const RETRY_SHARE = 2 / 15

/**
 * Runs leader election until the signal aborts, then stops the work and releases the Lease.
 * @returns `lost` if another replica may already be the leader, `released` otherwise
 */
export async function lead(options: LeadOptions, signal: AbortSignal): Promise<'lost' | 'released'> {
  const { elect, leaseDurationMs, fence, onStarted, onStopped, forbidden, ...rest } = options
  if (!elect) {
    onStarted()
    await untilAborted(AbortSignal.any([signal, forbidden]))
    const reason = forbidden.aborted ? 'lost' : 'released'
    await onStopped(reason, reason === 'lost' ? 0 : Infinity)
    return reason
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
    onStoppedLeading: async (reason, leftMs) => {
      await onStopped(reason, leftMs)
      if (reason === 'lost') loss.abort()
    },
  })
  forbidden.addEventListener('abort', () => elector.abandon(), { once: true })
  await elector.run({ signal: AbortSignal.any([signal, loss.signal]) })
  return loss.signal.aborted ? 'lost' : 'released'
}
