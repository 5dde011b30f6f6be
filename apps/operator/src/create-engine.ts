import { type ContentDigester, systemClock } from '@ack-secret-manager/core'
import type { EventRecorder, ObjectWatch } from '@ack-secret-manager/k8s-client'
import { type KubeSecretWriter, KubeWorkloadRestarter } from '@ack-secret-manager/k8s-writer'
import { createGenerators, type StoreRegistry } from '@ack-secret-manager/stores'
import { type BatchOptions, type RateLimits, splitKey, SyncEngine } from '@ack-secret-manager/sync-engine'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'
import { ExternalSecretReporter } from './controllers/external-secret/external-secret-reporter.ts'
import { readExternalSecretOwner } from './controllers/shared/live-owner.ts'
import { admits, namespacesOf } from './controllers/shared/namespace-filter.ts'
import type { Namespaces } from './controllers/shared/namespaces.ts'
import { fullGarbageCollector, HeapCompactor } from './memory/heap-compactor.ts'
import { FailureLog } from './observability/failure-log.ts'
import { sourceObserver, sweepObserver, syncObserver } from './observability/sync-observer.ts'
import type { OperatorOptions } from './operator-options.ts'
import type { OperatorTemplating } from './create-templating.ts'
import type { QuotaShares } from './shards/quota-shares.ts'
import type { ResourceRoutes } from './shards/resource-routes.ts'
import type { SharedWork } from './shards/shared-work.ts'

export interface EngineParts {
  readonly writer: KubeSecretWriter
  readonly events: EventRecorder
  readonly registry: StoreRegistry
  readonly rateLimits: RateLimits
  readonly templating: OperatorTemplating
  readonly targetWatch: ObjectWatch
  readonly work: SharedWork
  readonly routes: ResourceRoutes
  readonly shares: QuotaShares
  readonly digester: ContentDigester
  readonly namespaceCache: Namespaces
  readonly onReachability: (connection: string) => void
}

/** Creates the engine without starting it. */
export function createEngine(
  { config, client, log, metrics, faults }: OperatorOptions,
  {
    writer,
    events,
    registry,
    rateLimits,
    templating,
    targetWatch,
    digester,
    namespaceCache,
    onReachability,
    work,
    routes,
    shares,
  }: EngineParts,
): SyncEngine {
  const namespaces = namespacesOf(config)
  const compactor = new HeapCompactor({
    clock: systemClock,
    idle: () => engine.idle(),
    collect: fullGarbageCollector(),
  })
  const engine: SyncEngine = new SyncEngine({
    writer,
    reporter: new ExternalSecretReporter({ client, events }),
    resolveStore: (query) => {
      const resolution = registry.resolve(query)
      if (resolution.kind === 'ready') shares.learn(resolution.connection.quota, () => routes.domainOfQuery(query))
      return resolution
    },
    sharing: work.sharing,
    onDemand: (demand) => registry.demand(demand),
    readOwner: (resource, { signal }) => readExternalSecretOwner(client, resource, signal),
    digester,
    createGenerator: createGenerators({ stores: registry }),
    templating,
    targetWatch,
    clock: systemClock,
    random: Math.random,
    isTerminating: namespaceCache.isTerminating,
    manages: (namespace) => admits(namespaces, namespace),
    defaults: { intervalMs: config.pollingIntervalMs, disablePolling: config.disablePolling },
    // A single account may use half of the slots.
    sources: {
      rateLimits,
      maxConcurrentReads: 2 * config.maxConcurrentReads,
      batches: batchOptions(config, log),
      observer: sourceObserver(metrics, log),
      onReachability,
      onSubscribe: (subscriber, connections) => {
        const [namespace, name] = splitKey(subscriber)
        registry.reads({ namespace, name }, connections)
      },
    },
    sweeps: { observer: sweepObserver(metrics, log), maxMemoryMib: config.listMemoryMib },
    queue: { concurrency: config.concurrency },
    restarter: new KubeWorkloadRestarter({ client }),
    cleanUp: config.cleanupSecretOnFailure,
    observer: syncObserver({
      metrics,
      log,
      faults,
      onSynced: () => compactor.synced(),
      onRemoved: (key) => work.removed(key),
      failures: new FailureLog({ log, clock: systemClock, kind: { member: 'resource', many: 'ExternalSecrets' } }),
    }),
  })
  return engine
}

function batchOptions({ kmsBatchCost }: OperatorConfig, log: Logger): BatchOptions | undefined {
  if (kmsBatchCost === undefined) return undefined
  return {
    kmsCost: kmsBatchCost,
    onDenied: ({ kind, endpoint, quota }) =>
      log.info(
        { backend: kind, endpoint, account: quota.account },
        'The identity may not read secrets in batches; reading them one by one',
      ),
  }
}
