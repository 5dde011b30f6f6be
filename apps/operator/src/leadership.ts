import {
  type KubeApiError,
  type KubeClient,
  LeaseElector,
  type ReflectorFault,
  type ResourceVersionRollback,
} from '@ack-secret-manager/k8s-client'
import { type SecretSyncError, systemClock } from '@ack-secret-manager/core'
import type { LeadershipFence } from './leadership-fence.ts'
import { OWNS_ALL } from './shards/ownership.ts'
import { ShardMember, type ShardMemberOptions } from './shards/shard-member.ts'
import { furtherSlots, slotIndex } from './shards/slot-lease.ts'
import { KubeSlotLeases } from './shards/slot-leases.ts'
import { untilAborted } from './until-aborted.ts'

export interface LeadOptions extends Pick<ShardMemberOptions, 'onActive' | 'onOwnership' | 'work' | 'log'> {
  /** Client for the Lease only, because hanging requests must not delay its renewal. */
  readonly client: KubeClient
  /** Client for reads of the Leases of other replicas. */
  readonly memberClient: KubeClient
  /** Client for the watch of the Leases. */
  readonly watchClient: KubeClient
  /** Enforced before `onActive`. */
  readonly fence: LeadershipFence
  /** False with a single replica, which is always the leader. */
  readonly elect: boolean
  readonly namespace: string
  /** Name of the Lease. */
  readonly name: string
  /** Number of replicas that may work at the same time. */
  readonly shards: number
  readonly identity: string
  /** Flags that select the resources and name their domains. */
  readonly scope: string
  readonly leaseDurationMs: number
  /** Stops the work within `leftMs`; called before the Lease is released, and after it was lost. */
  readonly onStopped: (reason: 'lost' | 'released', leftMs: number) => Promise<void>
  /** Brings the caches up to date, within a deadline, before a process that has waited for its Lease works. Never rejects. */
  readonly refreshed: (signal: AbortSignal) => Promise<void>
  /** Called with the index of the shard that this process holds, before it works; undefined for a Lease that is not one of the shards. */
  readonly onSlot: (slot: number | undefined) => void
  readonly onNewLeader: (identity: string, lease: string) => void
  /** Receives the membership of this process. */
  readonly onMember: (member: Pick<ShardMember, 'waitsFor' | 'waitingMs'>) => void
  /** A request for the Leases failed. `isRepeated` if the one before it failed, too, or if it is why leadership was lost. */
  readonly onError: (error: KubeApiError | SecretSyncError, isRepeated: boolean) => void
  readonly onFault: (fault: ReflectorFault) => void
  readonly onResourceVersionRollback: (rollback: ResourceVersionRollback) => void
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
 * Runs leader election until the signal aborts, then stops the work and releases the Lease. With several shards there are as many
 * leaders, which share the work.
 * @returns `lost` if another replica may already be the leader, `released` otherwise
 */
export async function lead(options: LeadOptions, signal: AbortSignal): Promise<'lost' | 'released'> {
  const { elect, onActive, onOwnership, onSlot, onStopped, forbidden } = options
  if (elect) return elected(options, signal)
  onSlot(0)
  onActive()
  void onOwnership(OWNS_ALL)
  await untilAborted(AbortSignal.any([signal, forbidden]))
  const reason = forbidden.aborted ? 'lost' : 'released'
  await onStopped(reason, reason === 'lost' ? 0 : Infinity)
  return reason
}

async function elected(options: LeadOptions, signal: AbortSignal): Promise<'lost' | 'released'> {
  const { client, namespace, name, shards, identity, leaseDurationMs, fence, forbidden, onStopped } = options
  const loss = new AbortController()
  const stopped = new AbortController()
  const member = memberOf(options, {
    requestRenewal: () => elector.attemptNow(),
    onReleased: () => {
      if (elector.held === undefined) elector.attemptNow()
    },
  })
  const elector: LeaseElector = new LeaseElector({
    client,
    namespace,
    name,
    moreNames: furtherSlots(name, shards),
    metadata: () => member.metadata(),
    identity,
    leaseDurationMs,
    renewDeadlineMs: Math.round(leaseDurationMs * RENEW_SHARE),
    retryPeriodMs: Math.round(leaseDurationMs * RETRY_SHARE),
    onStartedLeading: () => {
      fence.enforce(elector)
      const slot = elector.held ?? name
      options.onSlot(slotIndex(slot, name))
      void joinRefreshed(slot)
    },
    onStoppedLeading: async (reason, leftMs) => {
      stopped.abort()
      member.close()
      if (reason === 'lost' && elector.failure) options.onError(elector.failure, true)
      await onStopped(reason, leftMs)
      if (reason === 'lost') loss.abort()
    },
    onNewLeader: options.onNewLeader,
    onError: options.onError,
    onResourceVersionRollback: options.onResourceVersionRollback,
  })
  /** The former leader may have acted on what the watches of this process have not delivered yet. */
  const joinRefreshed = async (slot: string): Promise<void> => {
    await options.refreshed(stopped.signal)
    if (!stopped.signal.aborted) member.join(slot)
  }
  options.onMember(member)
  forbidden.addEventListener('abort', () => elector.abandon(), { once: true })
  const until = AbortSignal.any([signal, loss.signal])
  const watching = member.run(AbortSignal.any([until, forbidden]))
  await elector.run({ signal: until })
  member.close()
  await watching
  return loss.signal.aborted ? 'lost' : 'released'
}

function memberOf(
  { memberClient, watchClient, namespace, name, onFault, ...options }: LeadOptions,
  callbacks: Pick<ShardMemberOptions, 'requestRenewal' | 'onReleased'>,
): ShardMember {
  const { identity, scope, leaseDurationMs, onActive, onOwnership, work, log, onError } = options
  return new ShardMember({
    identity,
    scope,
    leaseDurationMs,
    leaseName: name,
    leases: new KubeSlotLeases({ client: memberClient, watchClient, namespace, name, onFault }),
    clock: systemClock,
    onActive,
    onOwnership,
    work,
    log,
    onError: (error) => onError(error, false),
    ...callbacks,
  })
}
