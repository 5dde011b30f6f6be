import { type ErrorCode, type ErrorFacts, SecretSyncError, type StoreResolution } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { onTestFinished } from 'vitest'
import type { PlanDefaults } from '../plan/compile.ts'
import type { SyncResource } from '../model/resource.ts'
import { RateLimits } from '../sources/read-queue/rate-limit.ts'
import { SyncEngine } from '../sync-engine.ts'
import type { SyncEngineOptions, SyncReporter } from '../sync-engine-options.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './fixtures.ts'

/** The refresh interval of {@link engineFixture}. */
export const INTERVAL = 120_000

/** Options of the engine that a test sets itself. */
export interface EngineFixtureOptions extends Partial<
  Omit<SyncEngineOptions, 'clock' | 'writer' | 'reporter' | 'defaults'>
> {
  readonly clock?: ManualClock
  readonly writer?: MemoryWriter
  readonly reporter?: Partial<SyncReporter>
  readonly defaults?: Partial<PlanDefaults>
  /** Called after a status is stored; an error loses the response. */
  readonly afterStatus?: (status: ExternalSecretStatus) => Promise<void>
  /** Whether the test starts the engine itself. @default false */
  readonly standby?: boolean
  /** Time for pending work when the engine is closed after the test. @default that of the engine */
  readonly graceMs?: number
}

/** The real engine with a backend, writer and clock that the test controls; it is closed after the test. */
export function engineFixture(
  initial: Readonly<Record<string, string | FakeValue>> = {},
  options: EngineFixtureOptions = {},
) {
  const {
    clock = new ManualClock(),
    writer = new MemoryWriter(digester),
    standby = false,
    afterStatus,
    graceMs,
    ...engineOptions
  } = options
  const values = new Map<string, FakeValue>()
  for (const [name, value] of Object.entries(initial))
    values.set(name, typeof value === 'string' ? valueOf(value) : value)
  const backend = mapBackend(values)
  const store: { resolution: StoreResolution } = { resolution: { kind: 'ready', connection: connectionOf(backend) } }
  const statuses: ExternalSecretStatus[] = []
  const events: string[] = []
  const engine = new SyncEngine({
    digester,
    random: () => 0.5,
    resolveStore: () => store.resolution,
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    ...engineOptions,
    clock,
    writer,
    defaults: { intervalMs: INTERVAL, disablePolling: false, ...options.defaults },
    reporter: {
      writeStatus: async (_resource, status) => {
        statuses.push(status)
        await afterStatus?.(status)
      },
      isNewer: (version, than) => version > than,
      recordEvent: (_resource, { reason, message }) => events.push(`${reason}: ${message}`),
      ...options.reporter,
    },
  })
  onTestFinished(() => engine.close(graceMs))
  if (!standby) engine.start()
  const readyCondition = () => statuses.at(-1)?.conditions.find(({ type }) => type === 'Ready')
  return {
    clock,
    values,
    backend,
    store,
    writer,
    statuses,
    events,
    engine,
    upsert: (spec: unknown, more: Partial<SyncResource> = {}): void => engine.upsert(resourceOf(specOf(spec), more)),
    fail: (name: string, code: ErrorCode, facts: ErrorFacts = {}): void => {
      values.set(name, () => {
        throw new SecretSyncError(code, `${name}: ${code}`, { facts })
      })
    },
    readyCondition,
    /** Status and reason of the Ready condition. */
    ready: (): string => `${readyCondition()?.status} ${readyCondition()?.reason}`,
    message: (): string | undefined => readyCondition()?.message,
    eventReasons: (): string[] => events.map((event) => event.split(':')[0] ?? ''),
  }
}

export type EngineFixture = ReturnType<typeof engineFixture>

/** A value that is read only after `respond` is called. */
export function heldValue(value: FakeValue): { readonly held: FakeValue; readonly respond: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { held: () => promise.then(() => (typeof value === 'function' ? value() : value)), respond: resolve }
}
