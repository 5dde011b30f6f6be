import type {
  Clock,
  ContentDigester,
  ObservedSecret,
  SecretSyncError,
  SecretWriter,
  TargetRef,
} from '@ack-secret-manager/core'
import type { ExternalSecretSpec } from '@ack-secret-manager/resources'
import type { RenderContext } from '../../assemble/render-templates.ts'
import type { SourceExistence } from '../../decide/cleanup.ts'
import type { SyncResource } from '../../model/resource.ts'
import type { LostValues } from '../../generate/lost-values.ts'
import type { PlannedGenerator } from '../../generate/generated-plan.ts'
import type { RestartCause } from '../../restart/clear-restart.ts'
import type { SourceKey, SourceReading } from '../../model/source-reading.ts'
import type { SyncPlan } from '../../plan/sync-plan.ts'
import type { Pause } from '../../queue/turn-pacer.ts'
import type { UnacknowledgedWrite } from './unacknowledged-write.ts'

/** The input of one sync of one resource. */
export interface ReconcileContext {
  readonly resource: SyncResource
  readonly spec: ExternalSecretSpec
  readonly plan: SyncPlan
  readonly readings: ReadonlyMap<SourceKey, SourceReading>
  readonly generators: readonly PlannedGenerator[]
  /** The clocks of the process. */
  readonly clocks: readonly [Pick<Clock, 'now'>, ...Pick<Clock, 'now'>[]]
  /** The renderer and the data of template objects. */
  readonly rendering: Pick<RenderContext, 'renderer' | 'contents'> | undefined
  readonly writer: SecretWriter
  readonly digester: ContentDigester
  readonly signal: AbortSignal
  /** Yields to other work during long computations. @default the next event loop turn */
  readonly pause?: Pause
  /** The target before the reads. A write of another replica since then is newer than the readings. */
  readonly before: ObservedSecret | undefined
  /** `before` includes the content, not only the metadata. @default false */
  readonly isInspected?: boolean
  /** Those owners in the namespace that do not exist. @default unknown of all. @throws SecretSyncError if a read fails */
  readonly goneOwners?: (names: readonly string[]) => Promise<ReadonlySet<string>>
  /** The target existed before and no longer does. */
  readonly missing: boolean
  /** A restarter is configured. */
  readonly restarts: boolean
  /** The restart that is pending for the target. */
  readonly pendingRestart?: RestartCause | undefined
  /** A NotFound of an optional secret must be confirmed by a second one. */
  readonly confirmAbsence?: boolean
  /** A write of an earlier sync without a response. */
  readonly unacknowledged?: UnacknowledgedWrite | undefined
  /** Called for a write of this sync without a response. */
  readonly onUnacknowledged?: (write: UnacknowledgedWrite) => void
  /** Why an interrupted replacement of a target could not be finished. */
  readonly finishError?: SecretSyncError | undefined
  /** Counts generated values that the target has lost. @default they are not limited */
  readonly lostValues?: LostValues
  /** Whether its secrets exist; undefined if targets outlive their secrets. */
  readonly sourceExistence?: SourceExistence
}

export function targetOf(resource: SyncResource, spec: ExternalSecretSpec): TargetRef {
  return { namespace: resource.namespace, name: spec.target.name ?? resource.name }
}
