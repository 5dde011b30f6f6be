import { type ContentDigester, systemClock } from '@ack-secret-manager/core'
import {
  EventRecorder,
  type EventRecorderOptions,
  type ResourceVersionRollback,
  type KubeClient,
  ObjectWatch,
} from '@ack-secret-manager/k8s-client'
import { KubeSecretWriter, KubeWorkloadRestarter } from '@ack-secret-manager/k8s-writer'
import type { BackendPackages } from '@ack-secret-manager/plugin-loader'
import type { StoreRegistry } from '@ack-secret-manager/stores'
import { type BatchOptions, RateLimits, type Reachability, splitKey, SyncEngine } from '@ack-secret-manager/sync-engine'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'
import type { ClusterExternalSecretController } from './controllers/cluster-external-secret/cluster-external-secret-controller.ts'
import { ExternalSecretController } from './controllers/external-secret/external-secret-controller.ts'
import { ExternalSecretReporter } from './controllers/external-secret/external-secret-reporter.ts'
import { readExternalSecretOwner } from './controllers/shared/live-owner.ts'
import { admits, type NamespaceFilter } from './controllers/shared/namespace-filter.ts'
import { Namespaces } from './controllers/shared/namespaces.ts'
import {
  SecretStoreController,
  type SecretStoreControllerOptions,
} from './controllers/secret-store/secret-store-controller.ts'
import type { StoreName } from './controllers/secret-store/cached-store.ts'
import { usesStore } from './controllers/secret-store/store-use.ts'
import { createClusterExternalSecrets } from './create-cluster-external-secrets.ts'
import { createStores } from './create-stores.ts'
import { createTemplating, type OperatorTemplating } from './create-templating.ts'
import { DRIVERS } from './drivers.ts'
import type { LeadershipFence } from './leadership-fence.ts'
import { fullGarbageCollector, HeapCompactor } from './memory/heap-compactor.ts'
import type { FaultLog } from './observability/fault-log.ts'
import type { Metrics } from './observability/metrics.ts'
import { storeLog } from './observability/store-log.ts'
import { refreshObserver, sourceObserver, syncObserver } from './observability/sync-observer.ts'
import { FailureLog } from './observability/failure-log.ts'
import { Reactions } from './reactions.ts'

export interface OperatorOptions {
  readonly config: OperatorConfig
  readonly client: KubeClient
  /** Separate connections, because hanging requests must not cost the Lease. */
  readonly leaseClient: KubeClient
  /** Blocks the writes of `client` while leadership is not confirmed. */
  readonly fence: LeadershipFence
  readonly log: Logger
  readonly metrics: Metrics
  readonly faults: FaultLog
  /** Environment of the process, which may configure the operator identity. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly backends: BackendPackages
}

/** The parts of the operator, connected but not started. */
export interface OperatorParts {
  readonly engine: SyncEngine
  readonly writer: KubeSecretWriter
  readonly events: EventRecorder
  readonly registry: StoreRegistry
  readonly resources: ExternalSecretController
  readonly stores: SecretStoreController
  readonly rateLimits: RateLimits
  readonly templating: OperatorTemplating
  /** Watches Secrets of other owners that block a target. */
  readonly targetWatch: ObjectWatch
  /** Undefined if they are disabled. */
  readonly clusterExternalSecrets: ClusterExternalSecretController | undefined
  readonly namespaceCache: Namespaces
  /** The same cache; undefined if no enabled resource selects namespaces by labels, and nothing runs it. */
  readonly namespaces: Namespaces | undefined
  readonly leadership: { isLeading: boolean }
}

/** Values that exist only once the operator runs. */
export interface OperatorEdge {
  readonly digester: ContentDigester
  readonly identity: string
  /** Called when resourceVersions went backwards. One watch suffices to detect it, because etcd is restored as a whole. */
  readonly onResourceVersionRollback: (rollback: ResourceVersionRollback) => void
}

/** Builds the parts, then connects them. @throws SecretSyncError for a contradictory environment */
export function assembleOperator(options: OperatorOptions, edge: OperatorEdge): OperatorParts {
  const reactions = new Reactions()
  const parts = buildParts(options, edge, reactions)
  reactions.connect(parts)
  return parts
}

/** Does not wait for ClusterExternalSecrets, because their CRD may not be installed. */
export function isSynced({ resources, stores, writer, namespaces }: OperatorParts): boolean {
  return (
    resources.hasSynced && stores.hasSynced && writer.watchStats?.synced === true && namespaces?.hasSynced !== false
  )
}

/** Each part knows those before it; what later parts must learn from it goes through `reactions`. */
function buildParts(options: OperatorOptions, edge: OperatorEdge, reactions: Reactions): OperatorParts {
  const { digester, identity, onResourceVersionRollback } = edge
  const { config, client, log, metrics, env, backends } = options
  const { onFault, onError, onRetry } = options.faults
  const namespaces = namespacesOf(config)
  const leadership = { isLeading: false }
  const events = createEvents(options, identity, onError)
  const writer = createWriter(options, digester)
  const namespaceCache = new Namespaces({ client, onChange: reactions.onNamespaceChange, onFault })
  const rateLimits = new RateLimits({ qps: config.kmsQps })
  const registry = createStores({
    config,
    client,
    env,
    log,
    namespaceLabels: (namespace) => namespaceCache.get(namespace)?.labels,
    drivers: [...DRIVERS, ...backends.drivers],
    onRefresh: refreshObserver(metrics, log),
    onRecheck: reactions.onRecheck,
    onCallerIdentity: (quotaAccount, { account }) => rateLimits.learn(quotaAccount, account),
    onEndpointSlotFree: reactions.onEndpointSlotFree,
    onShareChange: reactions.onShareChange,
  })
  const templating = createTemplating({ client, onFault, onChange: reactions.onTemplatesChange })
  const targetWatch = watchTargets(options, reactions.onTargetsChange)
  const { onReachability } = reactions
  const engineReads = { registry, rateLimits, templating, digester, namespaceCache, onReachability }
  const engine = createEngine(options, { writer, events, targetWatch, ...engineReads })
  const faults = { onError: onRetry, onFault }
  const controllerOptions = { ...options, ...faults, namespaces: namespaceCache, filter: namespaces, events }
  const clusterExternalSecrets = createClusterExternalSecrets(controllerOptions)
  const onCached = clusterExternalSecrets?.externalSecretChanged.bind(clusterExternalSecrets)
  const observers = { ...faults, onCached, onResourceVersionRollback }
  const resources = new ExternalSecretController({ client, engine, namespaces, ...observers })
  const stores = createStoreController(options, {
    stores: registry,
    events,
    onStoreChange: (store) => engine.storesChanged((resource) => usesStore(resource, store)),
    reachability: (store) => reachabilityOf(store, { registry, engine }),
    onState: storeLog(log, systemClock),
    ...faults,
    mayWrite: () => leadership.isLeading,
    isTerminating: namespaceCache.isTerminating,
  })
  return {
    engine,
    writer,
    events,
    registry,
    resources,
    stores,
    rateLimits,
    templating,
    targetWatch,
    clusterExternalSecrets,
    namespaceCache,
    namespaces: config.clusterSecretStores || clusterExternalSecrets ? namespaceCache : undefined,
    leadership,
  }
}

function reachabilityOf(
  { namespace, name }: StoreName,
  { registry, engine }: Pick<OperatorParts, 'registry' | 'engine'>,
): Reachability | undefined {
  const connection = registry.connectionOf(namespace, name)
  return connection === undefined ? undefined : engine.reachability(connection)
}

function createWriter({ config, client, faults }: OperatorOptions, digester: ContentDigester): KubeSecretWriter {
  const { watch } = namespacesOf(config)
  return new KubeSecretWriter({
    client,
    digester,
    onFault: faults.onFault,
    ...(watch.length > 0 ? { namespaces: watch } : {}),
  })
}

function watchTargets(
  { client, faults }: OperatorOptions,
  onChange: (resources: readonly string[]) => void,
): ObjectWatch {
  return new ObjectWatch({
    client,
    path: '/api/v1/secrets',
    onChange: (resources, _target, { isSeen }) => {
      // The engine polls targets that have no watch.
      if (isSeen) onChange(resources)
    },
    onFault: faults.onFault,
  })
}

function createEvents(
  { client, log, metrics }: OperatorOptions,
  instance: string,
  onError: NonNullable<EventRecorderOptions['onError']>,
): EventRecorder {
  return new EventRecorder({
    client,
    instance,
    onError,
    onDrop: (reason) => metrics.eventsDropped.inc({ reason }),
    onBacklog: (dropped) =>
      log.warn({ dropped }, `Event queue overflowed: ${dropped} events dropped; see resource status`),
  })
}

type StoreControllerParts = Pick<
  SecretStoreControllerOptions,
  | 'stores'
  | 'events'
  | 'onStoreChange'
  | 'reachability'
  | 'onState'
  | 'onError'
  | 'onFault'
  | 'mayWrite'
  | 'isTerminating'
>

function createStoreController(
  { config, client }: OperatorOptions,
  parts: StoreControllerParts,
): SecretStoreController {
  return new SecretStoreController({
    ...parts,
    client,
    namespaces: namespacesOf(config),
    crossNamespace: config.crossNamespaceSecretStore,
    clusterStores: config.clusterSecretStores,
    clock: systemClock,
    random: Math.random,
  })
}

type EngineParts = Pick<
  OperatorParts,
  'writer' | 'events' | 'registry' | 'rateLimits' | 'templating' | 'targetWatch'
> & {
  readonly digester: ContentDigester
  readonly namespaceCache: Namespaces
  readonly onReachability: (connection: string) => void
}

function createEngine(
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
  }: EngineParts,
): SyncEngine {
  const namespaces = namespacesOf(config)
  const compactor = new HeapCompactor({
    clock: systemClock,
    idle: () => engine.idle(),
    collect: fullGarbageCollector(),
  })
  const engine = new SyncEngine({
    writer,
    reporter: new ExternalSecretReporter({ client, events }),
    resolveStore: (query) => registry.resolve(query),
    onDemand: (demand) => registry.demand(demand),
    readOwner: (resource, { signal }) => readExternalSecretOwner(client, resource, signal),
    digester,
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
    queue: { concurrency: config.concurrency },
    restarter: new KubeWorkloadRestarter({ client }),
    cleanUp: config.cleanupSecretOnFailure,
    observer: syncObserver({
      metrics,
      log,
      faults,
      failures: new FailureLog({ log, clock: systemClock, kind: { member: 'resource', many: 'ExternalSecrets' } }),
      onSynced: () => compactor.synced(),
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

function namespacesOf({ watchNamespaces, excludeNamespaces }: OperatorConfig): NamespaceFilter {
  return { watch: watchNamespaces, exclude: excludeNamespaces }
}
