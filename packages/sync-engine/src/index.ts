export type { CreateGenerator } from './generate/generated-plan.ts'
export { decodeGeneratedVersion, isGenerated } from './model/generated-version.ts'
export { demandOf, type PlanDefaults, type ResolveStore } from './plan/compile.ts'
export { decide } from './decide/decide.ts'
export { DriftBackoff } from './reconcile/drift-backoff.ts'
export type { DesiredSecret, EntryFailure, TargetPolicy, UsedSource } from './model/desired-secret.ts'
export type { TemplateObjectKeys } from './plan/template-plan.ts'
export { type Readiness, readinessOf, requestIdsOf } from './report/ready-condition.ts'
export type { TargetWatch } from './reconcile/target/refused-targets.ts'
export type { ResourceStats } from './reconcile/resource-stats.ts'
export { type ResourceKey, resourceKey, splitKey, type SyncResource } from './model/resource.ts'
export type { SourceKey, SourceChange } from './model/source-reading.ts'
export { delayText } from './restart/restart-events.ts'
export type { SyncEvent } from './report/event.ts'
export type {
  EngineStats,
  EventObject,
  ResourceSharing,
  SyncEngineOptions,
  SyncObserver,
  SyncReporter,
} from './sync-engine-options.ts'
export { SyncEngine } from './sync-engine.ts'
export { hasWritten, type SyncOutcome, type TargetOutcome } from './report/sync-outcome.ts'
export type { TemplateContent, TemplateSources, Templating } from './plan/template-sources.ts'
export type { LiveOwner } from './reconcile/guard/write-guard.ts'
export { PRIORITY, type Priority } from './queue/priority.ts'
export { WorkQueue, type WorkQueueOptions } from './queue/work-queue.ts'
export { RateLimits, type RateLimitsOptions } from './sources/read-queue/rate-limit.ts'
export type { Reachability } from './sources/circuit-breaker/reachability.ts'
export type { BatchOptions } from './sources/source/batch-policy.ts'
export type { SourceObserver, SourcePoolOptions, SourceStats } from './sources/source-pool-options.ts'
export { sweepSecrets, type SweepSecretsOptions } from './sweeps/sweep.ts'
export type { SweepObserver, SweepPoolOptions, SweepStats } from './sweeps/sweep-pool.ts'
