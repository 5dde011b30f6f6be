import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { systemClock, toSecretSyncError } from '@ack-secret-manager/core'
import type { ResourceVersionRollback } from '@ack-secret-manager/k8s-client'
import type { Logger } from 'pino'
import { awaitApiServer } from './await-api-server.ts'
import { validateOwnIdentity } from './create-stores.ts'
import { loadDigester } from './digest-key.ts'
import { lead, type LeadOptions } from './leadership.ts'
import { updateGauges } from './observability/update-gauges.ts'
import { assembleOperator, type OperatorOptions, type OperatorParts } from './operator-parts.ts'
import { startProbeServers } from './probe-servers.ts'
import { untilAborted } from './until-aborted.ts'

/**
 * Runs the operator until the signal aborts: servers first, then caches, then, as the leader, the work; it stops in reverse.
 * A standby has warm caches and its stores resolved: all it takes to lead is to start the engine.
 * @returns `lost` when another replica may lead by now, `rewound` when what it knows is of a history that is no more
 * @throws SecretSyncError | KubeApiError when it cannot start
 */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<OperatorEnd> {
  const { config, client, log, metrics, faults } = options
  const namespace = config.leaderElectionNamespace ?? client.namespace ?? 'default'
  await validateOwnIdentity(config, options.env)
  const identity = `${hostname()}_${randomUUID().slice(0, 8)}`
  let isAway = false
  let parts: OperatorParts | undefined
  const probes = await startProbeServers({
    metrics,
    metricsAddress: config.metricsAddress,
    healthAddress: config.healthAddress,
    notReady: () => {
      if (parts === undefined) return isAway ? 'API server unavailable' : 'digest key not loaded'

      return parts.synced() ? undefined : 'caches not synced'
    },
    beforeScrape: () => {
      if (parts) updateGauges(metrics, parts)
    },
    clock: systemClock,
  })
  try {
    log.info({ metricsPort: probes.metricsPort, healthPort: probes.healthPort, identity, namespace }, 'Serving probes')
    const digester = await awaitApiServer(() => loadDigester(client, namespace, signal), {
      onAway: (error) => {
        if (!isAway) log.info(`Waiting for the API server: ${error.message}`)
        isAway = true
        faults.onError(error)
      },
      signal,
    })
    const rewound = new AbortController()
    const onResourceVersionRollback = (rewind: ResourceVersionRollback): void => {
      log.error(rewind, REWOUND)
      rewound.abort()
    }
    parts = assembleOperator(options, { digester, identity, onResourceVersionRollback })
    return await runParts(options, { parts, namespace, identity, rewound: rewound.signal }, signal)
  } finally {
    await closeAll([probes], log)
  }
}

/** Why the operator ended. */
export type OperatorEnd = 'lost' | 'released' | 'rewound'

interface RunningParts {
  readonly parts: OperatorParts
  readonly namespace: string
  readonly identity: string
  /** Aborts when the history of the cluster went back. */
  readonly rewound: AbortSignal
}

async function runParts(
  { config, leaseClient, fence, log, faults }: OperatorOptions,
  { parts, namespace, identity, rewound }: RunningParts,
  signal: AbortSignal,
): Promise<OperatorEnd> {
  const { engine, writer, events, resources, stores, clusterExternalSecrets } = parts
  const caches = new AbortController()
  const running = Promise.all([
    stores.run(caches.signal),
    resources.run(caches.signal),
    writer.run({ signal: caches.signal }),
    parts.namespaces?.run(caches.signal),
    clusterExternalSecrets?.run(caches.signal),
  ])
  try {
    await Promise.race([
      Promise.all([stores.initialSync(signal), resources.synced, writer.synced, parts.namespaces?.synced]),
      untilAborted(AbortSignal.any([signal, rewound])),
    ])
    if (rewound.aborted) return 'rewound'
    if (signal.aborted) return 'released'
    log.info({ resources: engine.stats().resources }, 'Caches synced')
    const end = await lead(
      {
        client: leaseClient,
        fence,
        elect: config.leaderElect,
        namespace,
        name: config.leaseName,
        identity,
        leaseDurationMs: config.leaseDurationMs,
        ...changesOfLeadership(parts, identity, log),
        onError: faults.onError,
        forbidden: rewound,
      },
      signal,
    )
    return rewound.aborted ? 'rewound' : end
  } finally {
    caches.abort()
    await Promise.allSettled([running])
    // A leader that releases its lease has sent its events before. Any other process may send none.
    const said = { close: () => events.close({ timeoutMs: 0 }) }
    const watches = [parts.templating, parts.targetWatch]
    await closeAll([{ close: () => engine.close(0) }, ...watches, said, writer, parts.registry], log)
  }
}

const REWOUND = 'resourceVersion went backwards (etcd restored from a backup?); exiting to rebuild all caches'

/** How long writes under way may take at most when the operator stops. */
const WRITE_GRACE_MS = 10_000

/** How long events that are not sent yet may take of that. */
const EVENTS_GRACE_MS = 5_000

function changesOfLeadership(
  parts: OperatorParts,
  identity: string,
  log: Logger,
): Pick<LeadOptions, 'onStarted' | 'onStopped' | 'onNewLeader'> {
  const { engine, events, resources, stores, clusterExternalSecrets } = parts
  return {
    onStarted: () => {
      log.info({ identity }, 'Leading')
      parts.leading = true
      stores.lead()
      resources.lead()
      clusterExternalSecrets?.lead()
      engine.start()
    },
    onStopped: async (why, leftMs) => {
      parts.leading = false
      // A leader that is none any more must not write; one that leaves finishes what it has begun while nobody else leads.
      const graceMs = Math.floor(Math.min(WRITE_GRACE_MS, leftMs))
      if (why === 'released') log.info({ graceMs }, 'Stopping: finishing the writes in progress')
      const writing = [engine, resources, stores, clusterExternalSecrets]
      const endMs = systemClock.monotonic() + graceMs
      await Promise.all(writing.map(async (part) => part?.close(graceMs)))
      const leftForEventsMs = Math.min(EVENTS_GRACE_MS, endMs - systemClock.monotonic())
      await events.close({ timeoutMs: why === 'released' ? Math.max(0, leftForEventsMs) : 0 })
    },
    onNewLeader: (leader) => {
      if (leader !== identity) log.info({ leader }, 'Standby: another replica is the leader')
    },
  }
}

interface Closable {
  close(): Promise<void>
}

/** Closes one after the other. What one fails with, such as a backend package of others, keeps none from being closed. */
async function closeAll(parts: readonly Closable[], log: Logger): Promise<void> {
  for (const part of parts) {
    try {
      await part.close()
    } catch (error) {
      log.warn(toSecretSyncError(error, 'stopping').message)
    }
  }
}
