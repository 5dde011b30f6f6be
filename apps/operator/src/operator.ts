import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type ContentDigester, type SecretSyncError, systemClock } from '@ack-secret-manager/core'
import { EventRecorder, type KubeApiError, type KubeClient, type ReflectorFault } from '@ack-secret-manager/k8s-client'
import { KubeSecretWriter } from '@ack-secret-manager/k8s-writer'
import type { StoreRegistry } from '@ack-secret-manager/stores'
import { RateLimits, SyncEngine, type SyncResource } from '@ack-secret-manager/sync-engine'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'
import { ExternalSecretController } from './controllers/external-secret-controller.ts'
import { KubeReporter } from './controllers/kube-reporter.ts'
import { admits } from './controllers/namespace-filter.ts'
import { SecretStoreController } from './controllers/secret-store-controller.ts'
import { createStores } from './create-stores.ts'
import { loadDigester } from './digest-key.ts'
import { lead } from './leadership.ts'
import type { Metrics } from './observability/metrics.ts'
import { sourceObserver, syncObserver } from './observability/sync-observer.ts'
import { startProbeServers } from './probe-servers.ts'
import { updateGauges } from './observability/update-gauges.ts'

/** What {@link runOperator} is given. */
export interface OperatorOptions {
  readonly config: OperatorConfig
  readonly client: KubeClient
  readonly log: Logger
  readonly metrics: Metrics
  /** Environment of the process: the operator's own identity may be in it. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Runs the operator until the signal aborts: servers first, then caches, then, as the leader, the work; it stops in reverse.
 * A standby has warm caches and its stores resolved: all it takes to lead is to start the engine.
 * @returns `lost` when another replica may lead by now
 * @throws SecretSyncError | KubeApiError when it cannot start
 */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<'lost' | 'released'> {
  const { config, client, log, metrics } = options
  const namespace = config.leaderElectionNamespace ?? client.namespace ?? 'default'
  const identity = `${hostname()}_${randomUUID().slice(0, 8)}`
  const digester = await loadDigester(client, namespace, signal)
  const parts = assembleOperator(options, digester, identity)
  const { engine, writer, events, resources, stores } = parts
  const probes = await startProbeServers({
    metrics,
    metricsAddress: config.metricsAddress,
    healthAddress: config.healthAddress,
    notReady: () => (parts.synced() ? undefined : 'caches are filling'),
    beforeScrape: () => updateGauges(metrics, parts),
  })
  log.info({ metricsPort: probes.metricsPort, healthPort: probes.healthPort, identity, namespace }, 'Serving probes')

  const caches = new AbortController()
  const running = Promise.all([
    stores.run(caches.signal),
    resources.run(caches.signal),
    writer.run({ signal: caches.signal }),
  ])
  try {
    await untilAborted(Promise.all([stores.settled(), resources.synced, writer.synced]), signal)
    if (signal.aborted) return 'released'
    log.info({ resources: engine.stats().resources }, 'Caches are warm')
    return await lead(
      {
        client,
        elect: config.leaderElect,
        namespace,
        identity,
        leaseDurationMs: config.leaseDurationMs,
        onStarted: () => {
          log.info({ identity }, 'Leading')
          parts.leading = true
          stores.refreshStatus()
          resources.lead()
          engine.start()
        },
        onStopped: async (why) => {
          parts.leading = false
          // A leader that is none any more must not write; one that leaves finishes what it has begun.
          await engine.close(why === 'lost' ? 0 : WRITE_GRACE_MS)
        },
        onNewLeader: (leader) => log.info({ leader }, 'The lease is in new hands'),
        onError: (error) => log.warn(error.message),
      },
      signal,
    )
  } finally {
    caches.abort()
    await Promise.allSettled([running])
    await engine.close(0)
    await events.close()
    await writer.close()
    await parts.registry.close()
    await probes.close()
  }
}

/** How long writes under way may take when the operator stops. */
const WRITE_GRACE_MS = 10_000

/** The operator's parts, connected and not started. */
export interface OperatorParts {
  readonly engine: SyncEngine
  readonly writer: KubeSecretWriter
  readonly events: EventRecorder
  readonly registry: StoreRegistry
  readonly resources: ExternalSecretController
  readonly stores: SecretStoreController
  readonly rateLimits: RateLimits
  leading: boolean
  synced(): boolean
}

function assembleOperator(
  { config, client, log, metrics, env }: OperatorOptions,
  digester: ContentDigester,
  identity: string,
): OperatorParts {
  const onFault = ({ during, path, error, retryInMs }: ReflectorFault): void =>
    log.warn({ during, path, retryInMs: Math.round(retryInMs) }, error.message)
  const onError = (error: KubeApiError | SecretSyncError): void => log.warn(error.message)
  const onTryAgain = (resource: string, error: SecretSyncError, retryInMs: number): void =>
    log.warn({ resource, code: error.code, retryInMs: Math.round(retryInMs) }, error.message)
  const namespaces = { watch: config.watchNamespaces, exclude: config.excludeNamespaces }
  const events = new EventRecorder({ client, instance: identity, onError })
  const writer = new KubeSecretWriter({
    client,
    digester,
    onFault,
    ...(namespaces.watch.length > 0 ? { namespaces: namespaces.watch } : {}),
  })
  const registry = createStores(config, client, env)
  const rateLimits = new RateLimits({ qps: config.kmsQps })
  const engine = new SyncEngine({
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
  const resources = new ExternalSecretController({ client, engine, namespaces, onFault, onError: onTryAgain })
  const stores = new SecretStoreController({
    client,
    stores: registry,
    namespaces,
    crossNamespace: config.crossNamespaceSecretStore,
    clock: systemClock,
    random: Math.random,
    onStoreChange: (store, connectionKey) => engine.storesChanged((resource) => uses(resource, store), connectionKey),
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
    leading: false,
    synced: () => resources.hasSynced && stores.hasSynced && writer.watchFacts?.synced === true,
  }
  return parts
}

/** Whether a resource reads through a store. */
function uses(resource: SyncResource, store: { readonly namespace: string; readonly name: string }): boolean {
  if (!resource.spec.ok) return false
  const { data, dataProcess } = resource.spec.value
  return [...data, ...dataProcess.map(({ extract }) => extract)].some(
    ({ secretStoreRef: ref }) => ref?.name === store.name && (ref.namespace ?? resource.namespace) === store.namespace,
  )
}

async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  await Promise.race([work, aborted])
}
