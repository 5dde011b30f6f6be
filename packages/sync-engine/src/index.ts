export { assemble, type Ingredients } from './assemble.ts'
export { type Claim, claimOf } from './claim.ts'
export {
  compile,
  demandOf,
  type PlanDefaults,
  type ReadDemand,
  type ResolveStore,
  type StoreResolution,
} from './compile.ts'
export { decide, type WriteAction } from './decide.ts'
export { DriftPacer } from './drift-pacer.ts'
export type {
  AssembledSecret,
  DesiredKey,
  DesiredSecret,
  EntryFailure,
  TargetPolicy,
  UsedSource,
} from './desired-secret.ts'
export type { Observation } from './observation.ts'
export { objectId, type PlannedTemplate, type PlannedTemplates, type TemplateObject } from './plan-templates.ts'
export { type Readiness, readinessOf, requestIdsOf } from './readiness.ts'
export type { TargetWatch } from './refusals.ts'
export type { RenderContext } from './render-templates.ts'
export { report } from './report.ts'
export type { ResourceFacts } from './resource-facts.ts'
export { type ResourceKey, resourceKey, splitKey, type SyncResource } from './resource.ts'
export { type PlannedRead, type ReadKey, readKeyOf, type SourceChange, type SourceReading } from './source-types.ts'
export { eventOf, type SyncEvent } from './sync-event.ts'
export type { EngineStats, EventObject, SyncEngineOptions, SyncObserver, SyncReporter } from './engine-options.ts'
export { SyncEngine } from './sync-engine.ts'
export { hasWritten, type SyncOutcome, type TargetOutcome } from './sync-outcome.ts'
export type { PlanEntry, PlannedPick, PlannedShape, SyncPlan } from './sync-plan.ts'
export type { TemplateContent, TemplateSources, Templating } from './template-sources.ts'
export type { LiveOwner } from './write-guard.ts'
export { PRIORITY, type Priority, WorkQueue, type WorkQueueOptions } from './work-queue.ts'
export { RateLimits, type RateLimitsOptions } from './sources/rate-limit.ts'
export type { Reachability } from './sources/reachability.ts'
export type { SourceObserver, SourcePoolOptions, SourceStats } from './sources/source-pool-options.ts'
export { SourcePool } from './sources/source-pool.ts'
