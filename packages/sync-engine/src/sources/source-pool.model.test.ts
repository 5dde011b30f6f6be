import { isSecretSyncError, type ReadErrorCode } from '@ack-secret-manager/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RateLimits } from './read-queue/rate-limit.ts'
import { Harness } from '../testing/source-pool-harness.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../testing/property-runs.ts'

const SUBSCRIBERS = ['a', 'b', 'c']
const SECRETS = ['s', 't', 'u', 'v']
const INTERVALS = [5_000, 10_000, 20_000] as const
const CODES: readonly ReadErrorCode[] = [
  'NotFound',
  'AccessDenied',
  'Throttled',
  'Unavailable',
  'Timeout',
  'InvalidResponse',
  'InvalidSpec',
  'Unauthenticated',
]

const anySubscriber = fc.constantFrom(...SUBSCRIBERS)
const anySecret = fc.constantFrom(...SECRETS)
const anyStep = fc.oneof(
  fc.record({
    do: fc.constant('subscribe' as const),
    subscriber: anySubscriber,
    secrets: fc.subarray(SECRETS),
    intervalMs: fc.constantFrom(...INTERVALS),
  }),
  fc.record({ do: fc.constant('unsubscribe' as const), subscriber: anySubscriber }),
  fc.record({ do: fc.constant('change' as const), secret: anySecret }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      secret: anySecret,
      code: fc.oneof(fc.constantFrom('none' as const, 'hang' as const), fc.constantFrom(...CODES)),
    }),
  },
  fc.record({ do: fc.constant('hint' as const), secret: anySecret }),
  fc.record({ do: fc.constant('refreshNow' as const), subscriber: anySubscriber }),
  fc.record({ do: fc.constant('sync' as const), subscriber: anySubscriber }),
  fc.record({ do: fc.constant('abandon' as const), subscriber: anySubscriber }),
  fc.record({ do: fc.constant('latency' as const), ms: fc.constantFrom(0, 30, 700) }),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.integer({ min: 1, max: 30_000 }),
      sync: fc.boolean(),
    }),
  },
)
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never

/** A minimal engine: subscribes, syncs on notification, and records the values. */
class Engine {
  readonly harness: Harness
  readonly wants = new Map<string, { readonly secrets: readonly string[]; readonly intervalMs: number }>()
  /** The last version seen, by subscriber and secret. */
  readonly seen = new Map<string, string>()
  /** Subscribers with a notification, or without a success yet. */
  readonly dirty = new Set<string>()
  readonly #syncs = new Set<Promise<void>>()

  constructor(harness: Harness) {
    this.harness = harness
  }

  subscribe(subscriber: string, secrets: readonly string[], intervalMs: number): void {
    for (const secret of SECRETS) if (!secrets.includes(secret)) this.seen.delete(`${subscriber} ${secret}`)
    this.wants.set(subscriber, { secrets, intervalMs })
    this.harness.subscribe(subscriber, secrets, intervalMs)
    this.dirty.add(subscriber)
  }

  unsubscribe(subscriber: string): void {
    for (const secret of SECRETS) this.seen.delete(`${subscriber} ${secret}`)
    this.wants.delete(subscriber)
    this.dirty.delete(subscriber)
    this.harness.pool.unsubscribe(subscriber)
  }

  /** Starts a sync, which ends with its reads. */
  sync(subscriber: string, signal = new AbortController().signal): void {
    const wanted = this.wants.get(subscriber)
    if (wanted === undefined) return
    this.dirty.delete(subscriber)
    const sync = this.#sync(subscriber, wanted.secrets, signal).finally(() => this.#syncs.delete(sync))
    this.#syncs.add(sync)
  }

  hear(): void {
    for (const { subscriber } of this.harness.notifications.splice(0))
      if (this.wants.has(subscriber)) this.dirty.add(subscriber)
  }

  async syncs(): Promise<void> {
    while (this.#syncs.size > 0) {
      await this.harness.clock.advance(1_000)
    }
  }

  async #sync(subscriber: string, secrets: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      const readings = await this.harness.pool.values(subscriber, this.harness.reads(secrets), { signal })
      for (const [index, { key }] of this.harness.reads(secrets).entries()) {
        const reading = readings.get(key)
        if (reading?.kind === 'value') this.seen.set(`${subscriber} ${secrets[index]}`, reading.value.versionId)
      }
      this.harness.pool.ack(subscriber)
    } catch (error) {
      if (!signal.aborted && !(isSecretSyncError(error) && error.code === 'Cancelled')) throw error
      // Abandoned, or subscribed to something else meanwhile: the sync must be repeated, or is not needed.
      if (this.wants.has(subscriber)) this.dirty.add(subscriber)
    }
  }
}

async function carryOut(step: Step, engine: Engine): Promise<void> {
  const { harness } = engine
  if (step.do === 'subscribe') engine.subscribe(step.subscriber, step.secrets, step.intervalMs)
  else if (step.do === 'unsubscribe') engine.unsubscribe(step.subscriber)
  else if (step.do === 'change') harness.manager.change(step.secret)
  else if (step.do === 'fault') setFault(harness, step.secret, step.code)
  else if (step.do === 'hint') harness.pool.hint(step.secret)
  else if (step.do === 'refreshNow') harness.pool.refreshNow(step.subscriber)
  else if (step.do === 'sync') engine.sync(step.subscriber)
  else if (step.do === 'abandon') {
    const caller = new AbortController()
    engine.sync(step.subscriber, caller.signal)
    caller.abort(new Error('abandoned'))
  } else if (step.do === 'latency') harness.manager.latencyMs = step.ms
  else await harness.clock.advance(step.ms)
  engine.hear()
  if (step.do === 'advance' && step.sync) for (const subscriber of engine.dirty) engine.sync(subscriber)
}

function setFault(harness: Harness, secret: string, code: ReadErrorCode | 'none' | 'hang'): void {
  if (code === 'none') harness.manager.faults.delete(secret)
  else harness.manager.faults.set(secret, code === 'hang' ? 'hang' : { code })
}

it(
  'loses no change, reads each source once at a time, keeps no plaintext and makes the expected number of calls, in any sequence',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 80, size: 'max' }), async (steps) => {
        const harness = new Harness({
          maxConcurrentReads: 3,
          rateLimits: new RateLimits({ qps: 20 }),
          retry: { baseMs: 1_000, maxMs: 8_000 },
          readTimeoutMs: 2_000,
        })
        const engine = new Engine(harness)
        for (const secret of SECRETS) harness.manager.change(secret)
        for (const step of steps) await carryOut(step, engine)

        // After the recovery, each subscriber has, or is notified of, the last version within a backoff and an interval.
        harness.manager.faults.clear()
        harness.manager.latencyMs = 0
        await harness.clock.advance(60_000)
        engine.hear()
        for (const [subscriber, { secrets }] of engine.wants) {
          if (engine.dirty.has(subscriber)) engine.sync(subscriber)
          else
            for (const secret of secrets)
              expect(engine.seen.get(`${subscriber} ${secret}`)).toBe(versionOf(harness, secret))
        }
        await engine.syncs()
        for (const [subscriber, { secrets }] of engine.wants) {
          for (const secret of secrets)
            expect(engine.seen.get(`${subscriber} ${secret}`)).toBe(versionOf(harness, secret))
        }
        expect(harness.manager.mostAtOnce.ofOne).toBeLessThanOrEqual(1)
        expect(harness.manager.mostAtOnce.inAll).toBeLessThanOrEqual(3)

        await harness.clock.advance(10_000)
        const sources = new Map<string, number>()
        for (const { secrets, intervalMs } of engine.wants.values()) {
          for (const secret of secrets) sources.set(secret, Math.min(intervalMs, sources.get(secret) ?? Infinity))
        }
        expect(harness.pool.stats()).toMatchObject({
          sources: sources.size,
          failing: 0,
          holdingPlaintext: 0,
          inFlight: 0,
          waiting: 0,
        })
        harness.manager.calls.length = 0
        await harness.clock.advance(100_000)
        for (const [secret, intervalMs] of sources)
          expect(harness.manager.callsOf(secret)).toHaveLength(100_000 / intervalMs)
        engine.hear()
        expect([...engine.dirty]).toEqual([])

        await harness.pool.close()
        expect(harness.clock.pending.size).toBe(0)
        expect(harness.pool.stats()).toMatchObject({ sources: 0, inFlight: 0, waiting: 0 })
      }),
      { numRuns: propertyRuns(150) },
    )
  },
)

function versionOf(harness: Harness, secret: string): string {
  return `v${harness.manager.secrets.get(secret)?.version}`
}
