import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { systemClock, toSecretSyncError } from '@ack-secret-manager/core'
import type { ResourceVersionRollback } from '@ack-secret-manager/k8s-client'
import type { Logger } from 'pino'
import { awaitApiServer } from './await-api-server.ts'
import { validateOperatorIdentity } from './create-stores.ts'
import { loadPushSecretController } from './create-push-secrets.ts'
import { loadDigestKey } from './digest-key.ts'
import { type HintTarget, startHintTarget } from './hints/hint-target.ts'
import { lead, type LeadOptions } from './leadership.ts'
import { updateGauges, updateShardWaiting } from './observability/update-gauges.ts'
import type { OperatorOptions } from './operator-options.ts'
import { assembleOperator, isSynced, type OperatorParts } from './operator-parts.ts'
import { startProbeServers } from './probe-servers.ts'
import { type Caches, refreshCaches } from './refresh-caches.ts'
import { untilAborted } from './until-aborted.ts'
import { ownershipMessage } from './shards/ownership.ts'

/**
 * Runs the operator until the signal aborts. It starts servers, then caches, then, as the leader, the controllers; it stops in
 * reverse. A standby keeps its caches synced and its stores resolved, so a failover only starts the engine.
 * @returns `lost` if another replica may already be the leader, `rolled-back` if resourceVersions went backwards
 * @throws SecretSyncError | KubeApiError if it cannot start
 */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<OperatorEnd> {
  const { config, client, log, metrics, faults, namespaceAccess } = options
  const namespace = config.leaderElectionNamespace ?? client.namespace ?? 'default'
  await validateOperatorIdentity(config, options.env)
  const identity = `${hostname()}_${randomUUID().slice(0, 8)}`
  let missing = 'digest key not loaded'
  let parts: OperatorParts | undefined
  let member: Parameters<LeadOptions['onMember']>[0] | undefined
  const probes = await startProbeServers({
    metrics,
    metricsAddress: config.metricsAddress,
    healthAddress: config.healthAddress,
    notReady: () => {
      if (parts === undefined) return missing
      return isSynced(parts) ? undefined : 'caches not synced'
    },
    note: () => readyNote(member?.waitsFor, namespaceAccess.leftOut),
    beforeScrape: () => updateMetrics(options, parts, member),
    clock: systemClock,
  })
  let hintTarget: HintTarget | undefined
  try {
    log.info({ metricsPort: probes.metricsPort, healthPort: probes.healthPort, identity, namespace }, 'Serving probes')
    hintTarget = await startHintTarget(options)
    const digestKey = await awaitApiServer(() => loadDigestKey(client, namespace, signal), {
      onUnavailable: (error) => {
        if (missing !== UNAVAILABLE) log.info(`Waiting for the API server: ${error.message}`)
        missing = UNAVAILABLE
        faults.onError(error)
      },
      signal,
    })
    const rolledBack = new AbortController()
    const onResourceVersionRollback = (rollback: ResourceVersionRollback): void => {
      if (rolledBack.signal.aborted) return
      log.error(rollback, ROLLBACK_MESSAGE)
      rolledBack.abort()
    }
    const pushSecretController = await loadPushSecretController(config)
    missing = 'permissions in the namespaces not checked'
    const narrowed = await leaveOutNamespaces(options, signal)
    parts = assembleOperator(narrowed, {
      digestKey,
      identity,
      hintTarget,
      pushSecretController,
      onResourceVersionRollback,
    })
    return await runParts(
      narrowed,
      {
        parts,
        namespace,
        identity,
        rolledBack: rolledBack.signal,
        onResourceVersionRollback,
        onMember: (joined) => {
          member = joined
        },
      },
      signal,
    )
  } finally {
    await closeAll([...(hintTarget === undefined ? [] : [hintTarget]), probes], log)
  }
}

/** The options without the namespaces in which the operator may not list. Ends the run when one of them is back. */
async function leaveOutNamespaces(options: OperatorOptions, signal: AbortSignal): Promise<OperatorOptions> {
  const { namespaceAccess, restart } = options
  const watchNamespaces = await namespaceAccess.permitted(options, signal)
  void namespaceAccess.awaitReturn(options, restart, signal)
  return { ...options, config: { ...options.config, watchNamespaces } }
}

/** Called before each scrape. */
function updateMetrics(
  { metrics, namespaceAccess }: OperatorOptions,
  parts: OperatorParts | undefined,
  member: Parameters<LeadOptions['onMember']>[0] | undefined,
): void {
  metrics.namespacesLeftOut.set(namespaceAccess.leftOut.length)
  if (parts) updateGauges(metrics, parts)
  if (member) updateShardWaiting(metrics, member.waitingMs)
}

/** What `/readyz` adds to `ok`. */
function readyNote(waitsFor: string | undefined, leftOut: readonly string[]): string | undefined {
  const notes = [
    ...(waitsFor === undefined ? [] : [`shard waits for ${waitsFor}`]),
    ...(leftOut.length === 0 ? [] : [`namespaces left out: ${leftOut.join(', ')}`]),
  ]
  return notes.length === 0 ? undefined : notes.join('; ')
}

export type OperatorEnd = 'lost' | 'released' | 'rolled-back'

interface RunningParts {
  readonly parts: OperatorParts
  readonly namespace: string
  readonly identity: string
  /** Aborts when resourceVersions went backwards. */
  readonly rolledBack: AbortSignal
  readonly onResourceVersionRollback: LeadOptions['onResourceVersionRollback']
  readonly onMember: LeadOptions['onMember']
}

async function runParts(
  { config, client, leaseClient, memberClient, fence, log, faults }: OperatorOptions,
  { parts, namespace, identity, rolledBack, onResourceVersionRollback, onMember }: RunningParts,
  signal: AbortSignal,
): Promise<OperatorEnd> {
  const { engine, writer, events, resources, stores, clusterExternalSecrets, pushSecrets } = parts
  const caches = new AbortController()
  const running = Promise.all([
    stores.run(caches.signal),
    resources.run(caches.signal),
    writer.run({ signal: caches.signal }),
    parts.namespaces?.run(caches.signal),
    clusterExternalSecrets?.run(caches.signal),
    pushSecrets?.run(caches.signal),
  ])
  try {
    await Promise.race([
      Promise.all([stores.initialSync(signal), resources.synced, writer.synced, parts.namespaces?.synced]),
      untilAborted(AbortSignal.any([signal, rolledBack])),
    ])
    if (rolledBack.aborted) return 'rolled-back'
    if (signal.aborted) return 'released'
    log.info({ resources: engine.stats().resources }, 'Caches synced')
    const end = await lead(
      {
        client: leaseClient,
        memberClient,
        watchClient: client,
        fence,
        elect: config.leaderElect,
        namespace,
        name: config.leaseName,
        shards: config.shards,
        identity,
        scope: config.scope,
        leaseDurationMs: config.leaseDurationMs,
        refreshed: (until) => refreshCaches(cachesOf(parts), log, until),
        ...leadershipCallbacks(parts, { identity, log, shards: config.shards }),
        onMember,
        onError: faults.onLeaseError,
        onFault: faults.onFault,
        onResourceVersionRollback,
        forbidden: rolledBack,
      },
      signal,
    )
    return rolledBack.aborted ? 'rolled-back' : end
  } finally {
    caches.abort()
    await Promise.allSettled([running])
    // A leader that releases its Lease has already sent its events; any other process must not send any.
    const unsentEvents = { close: () => events.close({ timeoutMs: 0 }) }
    const watches = [parts.templating, parts.targetWatch]
    await closeAll([{ close: () => engine.close(0) }, ...watches, unsentEvents, writer, parts.registry], log)
    parts.budgetLog.close()
  }
}

/** What users write, by the name in logs. Secrets are left out, because each write of them has a precondition. */
function cachesOf({ resources, stores, namespaces, clusterExternalSecrets, pushSecrets }: OperatorParts): Caches {
  return {
    ExternalSecrets: resources,
    stores,
    namespaces,
    ClusterExternalSecrets: clusterExternalSecrets,
    PushSecrets: pushSecrets,
  }
}

const UNAVAILABLE = 'API server unavailable'

const ROLLBACK_MESSAGE = 'resourceVersion went backwards (etcd restored from a backup?); exiting to rebuild all caches'

/** Time for writes in progress when the operator stops. */
const WRITE_GRACE_MS = 10_000

/** Part of that time for pending events. */
const EVENTS_GRACE_MS = 5_000

function leadershipCallbacks(
  parts: OperatorParts,
  { identity, log, shards }: { readonly identity: string; readonly log: Logger; readonly shards: number },
): Pick<LeadOptions, 'onActive' | 'onOwnership' | 'onSlot' | 'onStopped' | 'onNewLeader' | 'work' | 'log'> {
  const { engine, events, resources, stores, clusterExternalSecrets, pushSecrets, work, receiveHints } = parts
  const stopHints = new AbortController()
  let receiving: Promise<void> | undefined
  let heldSlot: number | undefined
  let isStarted = false
  return {
    log,
    work: () => work.work(),
    onSlot: (slot) => {
      heldSlot = slot
    },
    onActive: () => log.info({ identity }, 'Leading'),
    onOwnership: (ownership) => {
      const applied = work.apply(ownership)
      if (shards > 1 || ownership.members !== 1) {
        const { resources: owned, domainCount } = work.work()
        log.info({ members: ownership.members, domains: domainCount, resources: owned }, ownershipMessage(ownership))
      }
      if (!isStarted) {
        isStarted = true
        stores.lead()
        resources.lead()
        engine.start()
        // Only after the first syncs it is known which stores no resource uses.
        void engine.idle().then(() => stores.reassign())
        if (heldSlot !== undefined) receiving = receiveHints(heldSlot, stopHints.signal)
      }
      return applied
    },
    onStopped: async (reason, leftMs) => {
      work.close()
      stopHints.abort()
      // After a lost Lease nothing may be written; before a release, writes in progress finish while no other replica leads.
      const graceMs = Math.floor(Math.min(WRITE_GRACE_MS, leftMs))
      if (reason === 'released') log.info({ graceMs }, 'Stopping: finishing the writes in progress')
      const writers = [engine, resources, stores, clusterExternalSecrets, pushSecrets]
      const endMs = systemClock.monotonic() + graceMs
      await Promise.all([receiving, ...writers.map(async (part) => part?.close(graceMs))])
      const leftForEventsMs = Math.min(EVENTS_GRACE_MS, endMs - systemClock.monotonic())
      await events.close({ timeoutMs: reason === 'released' ? Math.max(0, leftForEventsMs) : 0 })
    },
    onNewLeader: (leader, lease) => {
      if (leader === identity) return
      if (shards === 1) log.info({ leader }, 'Standby: another replica is the leader')
      else log.info({ leader, lease }, 'Another replica holds this shard')
    },
  }
}

interface Closable {
  close(): Promise<void>
}

/** Closes all parts in order. If one fails, for example a third-party backend, the others are closed all the same. */
async function closeAll(parts: readonly Closable[], log: Logger): Promise<void> {
  for (const part of parts) {
    try {
      await part.close()
    } catch (error) {
      log.warn(toSecretSyncError(error, 'stopping').message)
    }
  }
}
