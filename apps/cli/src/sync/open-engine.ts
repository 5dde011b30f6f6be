import { type ContentDigester, type SecretWriter, systemClock } from '@ack-secret-manager/core'
import type { StoreRegistry } from '@ack-secret-manager/stores'
import { RateLimits, SyncEngine, type SyncObserver } from '@ack-secret-manager/sync-engine'
import type { Log } from '../output/log.ts'
import type { AttemptCounter } from './attempt-counter.ts'

/** Options of {@link openEngine}. */
export interface OpenEngineOptions {
  readonly writer: SecretWriter
  readonly digester: ContentDigester
  readonly stores: StoreRegistry
  readonly attempts: AttemptCounter
  readonly observer: SyncObserver
  /** undefined: nothing is read again by the clock, and what fails is tried again soon, because somebody waits. */
  readonly pollingIntervalMs: number | undefined
  readonly log: Log
}

const IMPATIENT = { baseMs: 500, maxMs: 4_000 }

/** The engine of the operator, without a cluster to tell what it does. */
export function openEngine(options: OpenEngineOptions): SyncEngine {
  const { writer, digester, stores, attempts, observer, pollingIntervalMs, log } = options
  const isOnce = pollingIntervalMs === undefined
  return new SyncEngine({
    writer,
    digester,
    reporter: { writeStatus: () => Promise.resolve(), recordEvent: () => undefined },
    resolveStore: (query) => {
      const found = stores.resolve(query)
      return found.kind === 'ready' ? { kind: 'ready', connection: attempts.count(found.connection) } : found
    },
    clock: systemClock,
    random: Math.random,
    ...(isOnce
      ? { defaults: { intervalMs: 0, disablePolling: true }, queue: { backoff: IMPATIENT } }
      : { defaults: { intervalMs: pollingIntervalMs, disablePolling: false } }),
    sources: {
      rateLimits: new RateLimits(),
      ...(isOnce ? { retry: IMPATIENT } : {}),
      observer: {
        read: (kind, result, durationMs) => log.debug(`read from ${kind}: ${result}, ${Math.round(durationMs)} ms`),
      },
    },
    observer,
  })
}
