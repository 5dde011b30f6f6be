import {
  type ContentDigester,
  messageWithRequestId,
  type SecretWriter,
  systemClock,
  type WorkloadRestarter,
} from '@ack-secret-manager/core'
import type { StoreRegistry } from '@ack-secret-manager/stores'
import {
  RateLimits,
  splitKey,
  SyncEngine,
  type SyncEngineOptions,
  type SyncObserver,
  type Templating,
} from '@ack-secret-manager/sync-engine'
import type { Log } from '../output/log.ts'

/** Options of {@link openEngine}. */
export interface OpenEngineOptions {
  readonly writer: SecretWriter
  readonly digester: ContentDigester
  readonly stores: StoreRegistry
  readonly templating: Templating
  /** Undefined where there is no cluster. */
  readonly readOwner: SyncEngineOptions['readOwner']
  /** Undefined where there are no workloads. */
  readonly restarter: WorkloadRestarter | undefined
  readonly observer: SyncObserver
  /** undefined: nothing is read again by the clock, and what fails is tried again soon, because somebody waits. */
  readonly pollingIntervalMs: number | undefined
  readonly log: Log
}

/** Somebody waits, and what changes together is written together. */
const RESTART_WINDOW_MS = 500

const IMPATIENT = { baseMs: 500, maxMs: 4_000 }

/** The engine of the operator, without a cluster to tell what it does. */
export function openEngine(options: OpenEngineOptions): SyncEngine {
  const { writer, digester, stores, templating, restarter, readOwner, observer, pollingIntervalMs, log } = options
  const isOnce = pollingIntervalMs === undefined
  return new SyncEngine({
    writer,
    digester,
    reporter: {
      writeStatus: () => Promise.resolve(),
      // Of what happens to a resource itself its line tells.
      recordEvent: ({ namespace, name }, { reason, type, message }) => {
        if (!reason.startsWith('Restart')) return
        log[type === 'Normal' ? 'info' : 'warn'](`${namespace}/${name}: ${message}`)
      },
    },
    resolveStore: (query) => stores.resolve(query),
    onDemand: (demand) => stores.demand(demand),
    templating,
    ...(restarter ? { restarter } : {}),
    ...(readOwner ? { readOwner } : {}),
    // A run that reads once takes no second look.
    confirmAbsence: !isOnce,
    ...(isOnce ? { restartWindowMs: RESTART_WINDOW_MS } : {}),
    clock: systemClock,
    random: Math.random,
    ...(isOnce
      ? { defaults: { intervalMs: 0, disablePolling: true }, queue: { backoff: IMPATIENT } }
      : { defaults: { intervalMs: pollingIntervalMs, disablePolling: false } }),
    sources: {
      rateLimits: new RateLimits(),
      onSubscribe: (subscriber, connections) => {
        const [namespace, name] = splitKey(subscriber)
        stores.reads({ namespace, name }, connections)
      },
      ...(isOnce ? { retry: IMPATIENT } : {}),
      observer: {
        read: (kind, result, durationMs, error) => {
          const why = error === undefined ? '' : `: ${messageWithRequestId(error)}`
          log.debug(`read from ${kind}: ${result}, ${Math.round(durationMs)} ms${why}`)
        },
      },
    },
    observer,
  })
}
