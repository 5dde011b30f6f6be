import type {
  Clock,
  ContentDigester,
  ErrorCode,
  RestartResult,
  SecretSyncError,
  SecretWriter,
  WorkloadRef,
  WorkloadRestarter,
} from '@ack-secret-manager/core'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import type { PlanDefaults, ReadDemand, ResolveStore } from './plan/compile.ts'
import type { ResourceKey, SyncResource } from './model/resource.ts'
import type { SourcePoolOptions, SourceStats } from './sources/source-pool-options.ts'
import type { TargetWatch } from './reconcile/refused-targets.ts'
import type { SyncEvent } from './report/event.ts'
import type { SyncOutcome } from './report/sync-outcome.ts'
import type { Templating } from './plan/template-sources.ts'
import type { WorkQueueOptions } from './queue/work-queue.ts'
import type { LiveOwner } from './reconcile/write-guard.ts'

/** Where the engine tells what it did. */
export interface SyncReporter {
  /**
   * Writes a status that differs from the last one.
   * @returns version of the resource with this status, where it has one
   * @throws SecretSyncError; the sync is then tried again
   */
  writeStatus(
    resource: SyncResource,
    status: ExternalSecretStatus,
    options: { signal: AbortSignal },
  ): Promise<string | void>
  /** Whether a version of a resource is newer than another one. @default none is: what was written last holds */
  isNewer?(version: string, than: string): boolean
  /** Records an event about a resource, or about a Secret whose resource is gone. Never throws, never waits. */
  recordEvent(object: EventObject, event: SyncEvent): void
}

/** The object that an event is about. */
export type EventObject = Pick<SyncResource, 'apiVersion' | 'kind' | 'namespace' | 'name' | 'uid'>

/** What the engine lets others measure. All optional; none may throw. */
export interface SyncObserver {
  synced?(key: ResourceKey, outcome: SyncOutcome, durationMs: number): void
  /** A changed value has reached its target, `elapsedMs` after it was noticed. */
  changeWritten?(elapsedMs: number): void
  queueWaited?(waitedMs: number): void
  /** A workload of that kind was to be restarted. */
  restarted?(kind: WorkloadRef['kind'], result: RestartResult['kind'] | ErrorCode): void
  /** Nothing was done for a resource because its namespace is being deleted. */
  namespaceTerminating?(key: ResourceKey): void
  failed?(key: ResourceKey, error: SecretSyncError, retryInMs: number): void
  /** The target is as it should be; one that the resource no longer wants could not be given up. */
  kept?(key: ResourceKey, error: SecretSyncError, retryInMs: number): void
  /** A resource is gone, and so is what it left behind, as far as that was to go. */
  removed?(key: ResourceKey): void
}

/** Options of a SyncEngine. */
export interface SyncEngineOptions {
  readonly writer: SecretWriter
  readonly reporter: SyncReporter
  readonly resolveStore: ResolveStore
  /** Called with the reads of a resource before its stores are looked up, and with none when it is gone. Must not throw. */
  readonly onDemand?: (demand: ReadDemand) => void
  readonly digester: ContentDigester
  /**
   * Reads a resource from the API server, before an ownerReference to it is put back; undefined when it is gone.
   * @default what {@link SyncEngine.upsert} was given is believed
   * @throws SecretSyncError; the sync is then tried again
   */
  readonly readOwner?: (resource: SyncResource, options: { signal: AbortSignal }) => Promise<LiveOwner | undefined>
  readonly clock: Clock
  readonly random: () => number
  /** Whether a namespace is being deleted: its resources are left alone until they are gone. @default as writes are refused */
  readonly isTerminating?: (namespace: string) => boolean
  /** Whether targets of a namespace are ours to look after. @default all are */
  readonly manages?: (namespace: string) => boolean
  /** How resources are refreshed that do not say. @default every 120 s */
  readonly defaults?: PlanDefaults
  readonly sources: Omit<SourcePoolOptions, 'clock' | 'random' | 'onChange'>
  readonly queue?: Pick<WorkQueueOptions, 'concurrency' | 'itemTimeoutMs' | 'backoff'>
  /** How templates are rendered. @default nobody can: resources with templates are refused */
  readonly templating?: Templating
  /**
   * Watches targets that belong to others, and calls {@link SyncEngine.targetsChanged}.
   * @default none: a target that becomes free is noticed within five minutes
   */
  readonly targetWatch?: TargetWatch
  /** Restarts workloads whose Secrets have changed. @default nobody does: `spec.restart` means nothing */
  readonly restarter?: WorkloadRestarter
  /** How long a workload waits for more changes before it is restarted, in milliseconds. @default 5_000 */
  readonly restartWindowMs?: number
  /**
   * Targets go whose secrets are all gone, as their manager says twice. Only what this process itself has read there before
   * counts, and only targets that are ours alone. @default false: they keep their last values
   */
  readonly cleanUp?: boolean
  /**
   * A key whose secret is optional and not found stays until the manager says so a second time, 10 s later at the earliest.
   * @default true. Without, it leaves at once: for a run that ends before a second look
   */
  readonly confirmAbsence?: boolean
  readonly observer?: SyncObserver
}

/** What an engine has in hand. */
export interface EngineStats {
  readonly resources: number
  /** Resources by the status of their Ready condition; those that are suspended apart, and not among those that are not Ready. */
  readonly ready: Readonly<Record<'True' | 'False' | 'Suspended' | 'Unknown', number>>
  /** The longest time that a noticed change, or a sync that fails, has been waiting for its write; 0 when none has. */
  readonly maxUnwrittenMs: number
  /** Deleted resources whose clean-up fails. */
  readonly failedCleanups: number
  readonly sources: SourceStats
  readonly queue: { readonly waiting: number; readonly active: number }
}
