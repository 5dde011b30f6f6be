import { type ContentDigester, type SecretSyncError, systemClock } from '@ack-secret-manager/core'
import { EventRecorder, type KubeApiError, type KubeClient, type ReflectorFault } from '@ack-secret-manager/k8s-client'
import { KubeSecretWriter } from '@ack-secret-manager/k8s-writer'
import type { BackendPackages } from '@ack-secret-manager/plugin-loader'
import type { StoreRegistry } from '@ack-secret-manager/stores'
import { RateLimits, SyncEngine } from '@ack-secret-manager/sync-engine'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'
import { ExternalSecretController } from './controllers/external-secret-controller.ts'
import { KubeReporter } from './controllers/kube-reporter.ts'
import { admits, type NamespaceFilter } from './controllers/namespace-filter.ts'
import { NamespaceLabels } from './controllers/namespace-labels.ts'
import { SecretStoreController } from './controllers/secret-store-controller.ts'
import { usesClusterStore, usesStore } from './controllers/store-use.ts'
import { createStores } from './create-stores.ts'
import type { Metrics } from './observability/metrics.ts'
import { sourceObserver, syncObserver } from './observability/sync-observer.ts'

/** What an operator is made from. */
export interface OperatorOptions {
  readonly config: OperatorConfig
  readonly client: KubeClient
  readonly log: Logger
  readonly metrics: Metrics
  /** Environment of the process: the operator's own identity may be in it. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly backends: BackendPackages
}

/** The operator's parts, connected and not started. */
export interface OperatorParts {
  readonly engine: SyncEngine
  readonly writer: KubeSecretWriter
  readonly events: EventRecorder
  readonly registry: StoreRegistry
  readonly resources: ExternalSecretController
  readonly stores: SecretStoreController
  readonly rateLimits: RateLimits
  /** Undefined where no store can select by labels. */
  readonly labels: NamespaceLabels | undefined
  leading: boolean
  synced(): boolean
}

/** Makes the parts and connects them. @throws SecretSyncError for an environment that contradicts itself */
export function assembleOperator(options: OperatorOptions, digester: ContentDigester, identity: string): OperatorParts {
  const { config, client, log, metrics, env, backends } = options
  const onFault = ({ during, path, error, retryInMs }: ReflectorFault): void =>
    log.warn({ during, path, retryInMs: Math.round(retryInMs) }, error.message)
  const onError = (error: KubeApiError | SecretSyncError): void => log.warn(error.message)
  const onTryAgain = (resource: string, error: SecretSyncError, retryInMs: number): void =>
    log.warn({ resource, code: error.code, retryInMs: Math.round(retryInMs) }, error.message)
  const namespaces = namespacesOf(config)
  const events = new EventRecorder({ client, instance: identity, onError })
  const writer = new KubeSecretWriter({
    client,
    digester,
    onFault,
    ...(namespaces.watch.length > 0 ? { namespaces: namespaces.watch } : {}),
  })
  const labels = new NamespaceLabels({
    client,
    onChange: (namespace) =>
      engine.storesChanged((resource) => resource.namespace === namespace && usesClusterStore(resource)),
    onFault,
  })
  const registry = createStores({
    config,
    client,
    env,
    namespaceLabels: (namespace) => labels.of(namespace),
    resolvePlugin: (name, backendConfig) => backends.resolve(name, backendConfig),
    onRefresh: ({ provider, fingerprint, result }) => {
      metrics.credentialRefreshes.inc({ provider, result })
      if (result !== 'ok' && result !== 'Cancelled') stores.doubt(registry.storesReadingAs(fingerprint))
    },
  })
  const rateLimits = new RateLimits({ qps: config.kmsQps })
  const engine = createEngine(options, { writer, events, registry, rateLimits, digester })
  const resources = new ExternalSecretController({ client, engine, namespaces, onFault, onError: onTryAgain })
  const stores = new SecretStoreController({
    client,
    stores: registry,
    events,
    namespaces,
    crossNamespace: config.crossNamespaceSecretStore,
    clusterStores: config.clusterSecretStores,
    clock: systemClock,
    random: Math.random,
    onStoreChange: (store) => engine.storesChanged((resource) => usesStore(resource, store)),
    onError: onTryAgain,
    onFault,
    mayWrite: () => parts.leading,
  })
  const parts: OperatorParts = {
    engine,
    writer,
    events,
    registry,
    resources,
    stores,
    rateLimits,
    labels: config.clusterSecretStores ? labels : undefined,
    leading: false,
    synced: () =>
      resources.hasSynced &&
      stores.hasSynced &&
      writer.watchFacts?.synced === true &&
      parts.labels?.hasSynced !== false,
  }
  return parts
}

type EngineParts = Pick<OperatorParts, 'writer' | 'events' | 'registry' | 'rateLimits'> & {
  readonly digester: ContentDigester
}

function createEngine(
  { config, client, log, metrics }: OperatorOptions,
  { writer, events, registry, rateLimits, digester }: EngineParts,
): SyncEngine {
  const namespaces = namespacesOf(config)
  return new SyncEngine({
    writer,
    reporter: new KubeReporter({ client, events }),
    resolveStore: (query) => registry.resolve(query),
    digester,
    clock: systemClock,
    random: Math.random,
    manages: (namespace) => admits(namespaces, namespace),
    defaults: { intervalMs: config.pollingIntervalMs, disablePolling: config.disablePolling },
    // One account alone gets half of the places.
    sources: { rateLimits, maxConcurrentReads: 2 * config.maxConcurrentReads, observer: sourceObserver(metrics) },
    queue: { concurrency: config.concurrency },
    observer: syncObserver(metrics, log),
  })
}

function namespacesOf({ watchNamespaces, excludeNamespaces }: OperatorConfig): NamespaceFilter {
  return { watch: watchNamespaces, exclude: excludeNamespaces }
}
