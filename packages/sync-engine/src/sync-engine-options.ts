import type {
  Clock,
  ContentDigester,
  ErrorCode,
  ReadDemand,
  RestartDelay,
  RestartResult,
  SecretSyncError,
  SecretWriter,
  WorkloadRef,
  WorkloadRestarter,
} from '@ack-secret-manager/core'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import type { PlanDefaults, ResolveStore } from './plan/compile.ts'
import type { CreateGenerator } from './generate/generated-plan.ts'
import type { ResourceKey, SyncResource } from './model/resource.ts'
import type { SourcePoolOptions, SourceStats } from './sources/source-pool-options.ts'
import type { SweepPoolOptions, SweepStats } from './sweeps/sweep-pool.ts'
import type { TargetWatch } from './reconcile/target/refused-targets.ts'
import type { SyncEvent } from './report/event.ts'
import type { SyncOutcome } from './report/sync-outcome.ts'
import type { Templating } from './plan/template-sources.ts'
import type { WorkQueueOptions } from './queue/work-queue.ts'
import type { ReadOwner } from './reconcile/guard/write-guard.ts'

/** Receives the status and events of resources. */
export interface SyncReporter {
  /**
   * Writes a changed status.
   * @returns resourceVersion of the resource with this status, if it has one
   * @throws SecretSyncError; the sync is then retried
   */
  writeStatus(
    resource: SyncResource,
    status: ExternalSecretStatus,
    options: { signal: AbortSignal },
  ): Promise<string | void>
  /** Whether one resourceVersion is newer than another. @default never: the last written status applies */
  isNewer?(version: string, than: string): boolean
  /** Records an event about a resource, or about the Secret of a deleted resource. Must not throw or block. */
  recordEvent(object: EventObject, event: SyncEvent): void
}

export type EventObject = Pick<SyncResource, 'apiVersion' | 'kind' | 'namespace' | 'name' | 'uid'>

/** Callbacks for metrics and logs. All are optional and must not throw. */
export interface SyncObserver {
  synced?(key: ResourceKey, outcome: SyncOutcome, durationMs: number): void
  /** A changed value was written, `elapsedMs` after its detection. */
  changeWritten?(elapsedMs: number): void
  queueWaited?(waitedMs: number): void
  /** The restart of a workload succeeded or failed. */
  restarted?(kind: WorkloadRef['kind'], result: RestartResult['kind'] | ErrorCode): void
  /** The restart of a workload failed, or waits for a rollout that has failed or does not finish, and is tried again. */
  restartFailed?(workload: WorkloadRef, error: SecretSyncError, retryInMs: number): void
  /** A resource was skipped because its namespace is being deleted. */
  namespaceTerminating?(key: ResourceKey): void
  failed?(key: ResourceKey, error: SecretSyncError, retryInMs: number): void
  /** The target is up to date, but a previous target could not be released. */
  kept?(key: ResourceKey, error: SecretSyncError, retryInMs: number): void
  /** The cleanup after a deleted resource is complete. */
  removed?(key: ResourceKey): void
  /** Another process syncs the resource from now on. */
  released?(key: ResourceKey): void
}

/** How the resources of a cluster are shared with other processes. */
export interface ResourceSharing {
  /** Whether the resource exists, and another process syncs it. Its targets are left to that process. */
  isForeign(key: ResourceKey): boolean
  /**
   * Whether this process releases the targets of a resource that it does not know. Another process may have created them for a resource
   * that the watch of this one has not delivered yet.
   * @throws SecretSyncError; the cleanup is then retried
   */
  mayCleanUp(key: ResourceKey, options: { signal: AbortSignal }): Promise<boolean>
}

export interface SyncEngineOptions {
  readonly writer: SecretWriter
  readonly reporter: SyncReporter
  readonly resolveStore: ResolveStore
  /** Called with the secrets of a resource before its stores are resolved, and with none once it is deleted. Must not throw. */
  readonly onDemand?: (demand: ReadDemand) => void
  readonly digester: ContentDigester
  /**
   * Reads a resource from the API server before an ownerReference to it is restored, and the recorded owner of a target before it is
   * adopted; undefined if it was deleted.
   * @default the resource given to {@link SyncEngine.upsert}; targets with a recorded owner are not adopted
   * @throws SecretSyncError; the sync is then retried
   */
  readonly readOwner?: ReadOwner
  readonly clock: Clock
  readonly random: () => number
  /** Whether a namespace is being deleted; its resources are then skipped. @default known only from refused writes */
  readonly isTerminating?: (namespace: string) => boolean
  /** Whether this engine manages the targets of a namespace. @default all namespaces */
  readonly manages?: (namespace: string) => boolean
  /** @default this process syncs all resources */
  readonly sharing?: ResourceSharing
  /** Refresh settings for resources without their own. @default every 120 s */
  readonly defaults?: PlanDefaults
  readonly sources: Omit<SourcePoolOptions, 'clock' | 'random' | 'onChange'>
  /** Lists of secrets for `dataFrom`. */
  readonly sweeps?: Pick<SweepPoolOptions, 'observer' | 'maxMemoryMib'>
  readonly queue?: Pick<WorkQueueOptions, 'concurrency' | 'itemTimeoutMs' | 'backoff'>
  /** Creates the generators of `spec.generate`. @default none: resources with generated keys are refused */
  readonly createGenerator?: CreateGenerator
  /** Renders templates. @default none: resources with templates are refused */
  readonly templating?: Templating
  /**
   * Watches targets with other owners and calls {@link SyncEngine.targetsChanged}.
   * @default none: a released target is detected within five minutes
   */
  readonly targetWatch?: TargetWatch
  /** Restarts workloads after a change of their Secret. @default none: `spec.restart` is ignored */
  readonly restarter?: WorkloadRestarter
  /** How long a workload waits for more changes before it is restarted, in milliseconds. @default 5_000 */
  readonly restartWindowMs?: number
  /**
   * Deletes a target once two responses confirm that all its secrets were deleted. Requires that this process has read these
   * secrets before and that the target has no other owner. @default false: targets keep their last values
   */
  readonly cleanUp?: boolean
  /**
   * A key of an optional secret stays until a second NotFound, at least 10 s after the first. Set to false for a run that ends
   * before a second read. @default true
   */
  readonly confirmAbsence?: boolean
  readonly observer?: SyncObserver
}

export interface EngineStats {
  readonly resources: number
  /** Resources by the status of their Ready condition. Suspended ones are counted separately. */
  readonly ready: Readonly<Record<'True' | 'False' | 'Suspended' | 'Unknown', number>>
  /** Age of the oldest detected change, or failing sync, that is not written yet; 0 if there is none. */
  readonly maxUnwrittenMs: number
  /** Deleted resources whose cleanup fails. */
  readonly failedCleanups: number
  /** Workloads whose restart waits, by the reason. */
  readonly restartsWaiting: Readonly<Record<RestartDelay['reason'], number>>
  readonly sources: SourceStats
  readonly sweeps: SweepStats
  readonly queue: { readonly waiting: number; readonly active: number }
}
