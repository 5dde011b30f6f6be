import { getHeapStatistics } from 'node:v8'
import { systemClock } from '@ack-secret-manager/core'
import {
  EventRecorder,
  type EventRecorderOptions,
  type ResourceVersionRollback,
  ObjectWatch,
} from '@ack-secret-manager/k8s-client'
import { KubeSecretWriter } from '@ack-secret-manager/k8s-writer'
import type { StoreRegistry } from '@ack-secret-manager/stores'
import { RateLimits, type Reachability, type SyncEngine } from '@ack-secret-manager/sync-engine'
import type { ClusterExternalSecretController } from './controllers/cluster-external-secret/cluster-external-secret-controller.ts'
import { ExternalSecretController } from './controllers/external-secret/external-secret-controller.ts'
import { namespacesOf } from './controllers/shared/namespace-filter.ts'
import { Namespaces } from './controllers/shared/namespaces.ts'
import { SecretStoreController } from './controllers/secret-store/secret-store-controller.ts'
import type { CachedStore, StoreName } from './controllers/secret-store/cached-store.ts'
import { usesStore } from './controllers/secret-store/store-use.ts'
import type { PushSecretController } from './controllers/push-secret/push-secret-controller.ts'
import { createClusterExternalSecrets } from './create-cluster-external-secrets.ts'
import { createEngine } from './create-engine.ts'
import { createPushSecrets, type PushSecretParts, sharedByPushes } from './create-push-secrets.ts'
import { createStores } from './create-stores.ts'
import { createTemplating, type OperatorTemplating } from './create-templating.ts'
import type { DigestKey } from './digest-key.ts'
import { DRIVERS } from './drivers.ts'
import { createHintQueue } from './hints/hint-queue.ts'
import type { HintTarget } from './hints/hint-target.ts'
import { BudgetLog } from './observability/budget-log.ts'
import { storeLog } from './observability/store-log.ts'
import { refreshObserver, storeObserver } from './observability/sync-observer.ts'
import type { OperatorOptions } from './operator-options.ts'
import { Reactions } from './reactions.ts'
import { QuotaShares } from './shards/quota-shares.ts'
import { domainOfStore, ResourceRoutes } from './shards/resource-routes.ts'
import { SharedWork } from './shards/shared-work.ts'

/** The heap divided by this is the budget for large Secret metadata: 64 MiB of 512 MiB. */
const METADATA_SHARE = 8

/** The parts of the operator, connected but not started. */
export interface OperatorParts {
  readonly engine: SyncEngine
  readonly writer: KubeSecretWriter
  readonly budgetLog: BudgetLog
  readonly events: EventRecorder
  readonly registry: StoreRegistry
  readonly resources: ExternalSecretController
  readonly stores: SecretStoreController
  readonly rateLimits: RateLimits
  readonly templating: OperatorTemplating
  /** Watches Secrets of other owners that block a target. */
  readonly targetWatch: ObjectWatch
  /** Undefined if ClusterExternalSecrets are disabled. */
  readonly clusterExternalSecrets: ClusterExternalSecretController | undefined
  /** Undefined if PushSecrets are disabled. */
  readonly pushSecrets: PushSecretController | undefined
  readonly namespaceCache: Namespaces
  /** The same cache; undefined if it does not run, see {@link watchesNamespaces}. */
  readonly namespaces: Namespaces | undefined
  /** The share of the work that this process does. */
  readonly work: SharedWork
  /** Receives hints until the signal aborts, and never rejects. @param slot index of the held shard */
  readonly receiveHints: (slot: number, signal: AbortSignal) => Promise<void>
}

/** Values that exist only once the operator runs. */
export interface OperatorEdge {
  readonly digestKey: DigestKey
  readonly identity: string
  /** Undefined without an HTTP target. */
  readonly hintTarget: HintTarget | undefined
  /** Undefined if PushSecrets are disabled. */
  readonly pushSecretController: typeof PushSecretController | undefined
  /** Called when resourceVersions went backwards. Not all watches need to detect it, because etcd is restored as a whole. */
  readonly onResourceVersionRollback: (rollback: ResourceVersionRollback) => void
}

/** Builds the parts, then connects them. @throws SecretSyncError for a contradictory environment */
export function assembleOperator(options: OperatorOptions, edge: OperatorEdge): OperatorParts {
  const reactions = new Reactions()
  const parts = buildParts(options, edge, reactions)
  reactions.connect(parts)
  parts.work.connect(parts)
  return parts
}

/** Does not wait for ClusterExternalSecrets, because their CRD may not be installed. */
export function isSynced({ resources, stores, writer, namespaces }: OperatorParts): boolean {
  return (
    resources.hasSynced && stores.hasSynced && writer.watchStats?.synced === true && namespaces?.hasSynced !== false
  )
}

function shareWork(
  { config, client }: OperatorOptions,
  storeOf: (key: string) => CachedStore | undefined,
): Pick<PushSecretParts, 'routes' | 'shares' | 'work' | 'storeOf'> {
  const routes = new ResourceRoutes({ region: config.region, storeOf: (key) => storeOf(key)?.parsed })
  const shares = new QuotaShares()
  return { storeOf, routes, shares, work: new SharedWork({ routes, shares, client }) }
}

/** Creates the parts in order. Each part knows the earlier ones, and notifies later ones through `reactions`. */
function buildParts(options: OperatorOptions, edge: OperatorEdge, reactions: Reactions): OperatorParts {
  const { digestKey, identity, onResourceVersionRollback } = edge
  const { digester } = digestKey
  const { config, client, log, metrics, env, backends } = options
  const { onFault, onError, onRetry } = options.faults
  const namespaces = namespacesOf(config)
  const shared = shareWork(options, (key) => stores.get(key))
  const { routes, shares, work } = shared
  const events = createEvents(options, identity, onError)
  const { writer, budgetLog } = createWriter(options, edge)
  const namespaceCache = new Namespaces({ client, onChange: reactions.onNamespaceChange, onFault })
  const rateLimits = new RateLimits({ qps: config.kmsQps, shareOf: shares.shareOf })
  const push = sharedByPushes(edge.pushSecretController, { rateLimits, shares, config })
  const registry = createStores({
    config,
    client,
    env,
    log,
    namespaceLabels: watchesNamespaces(config) ? (namespace) => namespaceCache.get(namespace)?.labels : undefined,
    drivers: [...DRIVERS, ...backends.drivers],
    ...storeObserver(metrics, log),
    onRecheck: reactions.onRecheck,
    onCallerIdentity: push.onCallerIdentity,
    onEndpointSlotFree: reactions.onEndpointSlotFree,
    onShareChange: reactions.onShareChange,
  })
  const templating = createTemplating({ client, onFault, onChange: reactions.onTemplatesChange })
  const targetWatch = watchTargets(options, reactions.onTargetsChange)
  const { onReachability } = reactions
  const engineReads = { registry, rateLimits, templating, digester, namespaceCache, onReachability, ...shared }
  const engine = createEngine(options, { writer, events, targetWatch, ...engineReads })
  const faults = { onError: onRetry, onFault }
  const controllerOptions = { ...options, ...faults, namespaces: namespaceCache, filter: namespaces, events }
  const clusterExternalSecrets = createClusterExternalSecrets(controllerOptions)
  const resources = new ExternalSecretController({
    client,
    engine,
    namespaces,
    routes,
    owns: work.owns,
    mayWrite: work.ownsCluster,
    onDeleted: (key) => work.deleted(key),
    onForeignDemand: (demand) => registry.demand(demand),
    ...faults,
    onCached: clusterExternalSecrets?.externalSecretChanged.bind(clusterExternalSecrets),
    onTarget: push.onTarget,
    onResourceVersionRollback,
  })
  const pushBasics = { engine, namespaces, registry, digestKey, namespaceCache, ...shared, ...push }
  const pushSecrets = createPushSecrets(edge.pushSecretController, { ...controllerOptions, ...pushBasics })
  const stores = createStoreController(options, { registry, engine, events, work, namespaceCache, pushSecrets })
  return {
    engine,
    writer,
    budgetLog,
    events,
    registry,
    resources,
    stores,
    rateLimits,
    templating,
    targetWatch,
    clusterExternalSecrets,
    pushSecrets,
    namespaceCache,
    namespaces: watchesNamespaces(config) ? namespaceCache : undefined,
    work,
    receiveHints: hintsOf(options, edge, engine),
  }
}

/** Whether the labels of namespaces are cached. Without both flags the operator may lack the permission to list namespaces. */
function watchesNamespaces({ clusterSecretStores, clusterExternalSecrets }: OperatorOptions['config']): boolean {
  return clusterSecretStores || clusterExternalSecrets
}

function hintsOf(
  options: OperatorOptions,
  { hintTarget }: OperatorEdge,
  engine: SyncEngine,
): OperatorParts['receiveHints'] {
  const queue = createHintQueue({
    ...options,
    engine,
    onRefresh: refreshObserver(options.metrics, options.log, 'operator'),
  })
  return async (slot, signal) => {
    await Promise.all([queue?.run(slot, signal), hintTarget?.run({ engine }, signal)])
  }
}

function reachabilityOf(
  { namespace, name }: StoreName,
  { registry, engine }: Pick<OperatorParts, 'registry' | 'engine'>,
): Reachability | undefined {
  const connection = registry.connectionOf(namespace, name)
  return connection === undefined ? undefined : engine.reachability(connection)
}

function createWriter(
  { config, client, log, faults }: OperatorOptions,
  { digestKey: { digester }, onResourceVersionRollback }: OperatorEdge,
): Pick<OperatorParts, 'writer' | 'budgetLog'> {
  const { watch } = namespacesOf(config)
  const budgetLog = new BudgetLog({ log, clock: systemClock })
  const writer = new KubeSecretWriter({
    client,
    digester,
    metadataBudgetBytes: Math.floor(getHeapStatistics().heap_size_limit / METADATA_SHARE),
    onBudgetExceeded: budgetLog.onExceeded,
    onBudgetRecovered: budgetLog.onRecovered,
    onFault: faults.onFault,
    onResourceVersionRollback,
    ...(watch.length > 0 ? { namespaces: watch } : {}),
  })
  return { writer, budgetLog }
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
  OperatorParts,
  'registry' | 'engine' | 'events' | 'work' | 'namespaceCache' | 'pushSecrets'
>

function createStoreController(
  { config, client, log, faults }: OperatorOptions,
  { registry, engine, events, work, namespaceCache, pushSecrets }: StoreControllerParts,
): SecretStoreController {
  return new SecretStoreController({
    stores: registry,
    events,
    onStoreChange: (store) => {
      engine.storesChanged((resource) => usesStore(resource, store))
      pushSecrets?.storeChanged(store)
    },
    reachability: (store) => reachabilityOf(store, { registry, engine }),
    onState: storeLog(log, systemClock),
    onError: faults.onRetry,
    onFault: faults.onFault,
    mayWrite: ({ parsed }) => work.isActive && work.owns(domainOfStore(parsed, config)),
    mayRemoveFinalizers: work.ownsCluster,
    onCached: (key) => work.storeChanged(key),
    isTerminating: namespaceCache.isTerminating,
    client,
    namespaces: namespacesOf(config),
    crossNamespace: config.crossNamespaceSecretStore,
    clusterStores: config.clusterSecretStores,
    clock: systemClock,
    random: Math.random,
  })
}
