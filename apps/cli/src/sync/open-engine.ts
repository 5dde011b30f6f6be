import {
  type ContentDigester,
  messageWithRequestId,
  type SecretWriter,
  systemClock,
  type WorkloadRestarter,
} from '@ack-secret-manager/core'
import { createGenerators, type StoreRegistry } from '@ack-secret-manager/stores'
import {
  type CreateGenerator,
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
  /** Undefined without a cluster. */
  readonly readOwner: SyncEngineOptions['readOwner']
  /** Undefined without workloads. */
  readonly restarter: WorkloadRestarter | undefined
  readonly observer: SyncObserver
  /** Undefined: secrets are read once, and failures are retried quickly because a user waits. */
  readonly pollingIntervalMs: number | undefined
  readonly log: Log
  /** @default that of the operator */
  readonly createGenerator?: CreateGenerator | undefined
}

/** Short, because a user waits. The changes of one pass arrive together. */
const RESTART_WINDOW_MS = 500

const SHORT_BACKOFF = { baseMs: 500, maxMs: 4_000 }

/** The engine of the operator without status and events. */
export function openEngine(options: OpenEngineOptions): SyncEngine {
  const { writer, digester, stores, templating, restarter, readOwner, observer, pollingIntervalMs, log } = options
  const isOnce = pollingIntervalMs === undefined
  return new SyncEngine({
    writer,
    digester,
    reporter: {
      writeStatus: () => Promise.resolve(),
      // Events of the resource itself are in its line of output.
      recordEvent: ({ namespace, name }, { reason, type, message }) => {
        if (!reason.startsWith('Restart')) return
        log[type === 'Normal' ? 'info' : 'warn'](`${namespace}/${name}: ${message}`)
      },
    },
    resolveStore: (query) => stores.resolve(query),
    onDemand: (demand) => stores.demand(demand),
    createGenerator: options.createGenerator ?? createGenerators({ stores }),
    templating,
    ...(restarter ? { restarter } : {}),
    ...(readOwner ? { readOwner } : {}),
    // A run that reads once cannot confirm the absence with a second read.
    confirmAbsence: !isOnce,
    ...(isOnce ? { restartWindowMs: RESTART_WINDOW_MS } : {}),
    clock: systemClock,
    random: Math.random,
    ...(isOnce
      ? { defaults: { intervalMs: 0, disablePolling: true }, queue: { backoff: SHORT_BACKOFF } }
      : { defaults: { intervalMs: pollingIntervalMs, disablePolling: false } }),
    sources: {
      rateLimits: new RateLimits(),
      onSubscribe: (subscriber, connections) => {
        const [namespace, name] = splitKey(subscriber)
        stores.reads({ namespace, name }, connections)
      },
      ...(isOnce ? { retry: SHORT_BACKOFF } : {}),
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
