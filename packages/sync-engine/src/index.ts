export { assemble, type AssembleInput } from './assemble/assemble.ts'
export { type Ownership, ownershipOf } from './decide/ownership.ts'
export { compile, demandOf, type PlanDefaults, type ResolveStore } from './plan/compile.ts'
export { decide, type WriteAction } from './decide/decide.ts'
export { DriftBackoff } from './reconcile/drift-backoff.ts'
export type {
  AssembledSecret,
  DesiredKey,
  DesiredSecret,
  EntryFailure,
  TargetPolicy,
  UsedSource,
} from './model/desired-secret.ts'
export type { Observation } from './decide/observation.ts'
export { objectId, type PlannedTemplate, type PlannedTemplates, type TemplateObject } from './plan/template-plan.ts'
export { type Readiness, readinessOf, requestIdsOf } from './report/ready-condition.ts'
export type { TargetWatch } from './reconcile/refused-targets.ts'
export type { RenderContext } from './assemble/render-templates.ts'
export { statusFor } from './report/status.ts'
export type { ResourceStats } from './reconcile/resource-stats.ts'
export { type ResourceKey, resourceKey, splitKey, type SyncResource } from './model/resource.ts'
export {
  type SourceRef,
  type SourceKey,
  sourceKeyOf,
  type SourceChange,
  type SourceReading,
} from './model/source-reading.ts'
export { eventOf, type SyncEvent } from './report/event.ts'
export type { EngineStats, EventObject, SyncEngineOptions, SyncObserver, SyncReporter } from './sync-engine-options.ts'
export { SyncEngine } from './sync-engine.ts'
export { hasWritten, type SyncOutcome, type TargetOutcome } from './report/sync-outcome.ts'
export type { PlanEntry, PlannedPick, PlannedShape, SyncPlan } from './plan/sync-plan.ts'
export type { TemplateContent, TemplateSources, Templating } from './plan/template-sources.ts'
export type { LiveOwner } from './reconcile/write-guard.ts'
export { PRIORITY, type Priority, WorkQueue, type WorkQueueOptions } from './queue/work-queue.ts'
export { RateLimits, type RateLimitsOptions } from './sources/read-queue/rate-limit.ts'
export type { Reachability } from './sources/reachability.ts'
export type { SourceObserver, SourcePoolOptions, SourceStats } from './sources/source-pool-options.ts'
export { SourcePool } from './sources/source-pool.ts'
