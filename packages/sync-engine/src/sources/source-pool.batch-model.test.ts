import { isOutage, type ReadErrorCode } from '@ack-secret-manager/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BatchingManager, type BatchMode } from '../testing/batching-manager.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../testing/property-runs.ts'
import { Harness } from '../testing/source-pool-harness.ts'
import { RateLimits } from './read-queue/rate-limit.ts'

const SECRETS = Array.from({ length: 24 }, (_none, index) => `s${index}`)
const SUBSCRIBERS = ['shop/a', 'shop/b', 'bank/c']
const INTERVAL_MS = 10_000
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

const anyMode: fc.Arbitrary<BatchMode> = fc.record({
  refusal: fc.constantFrom('entry', 'call'),
  call: fc.constantFrom('works', 'works', 'works', 'unknown', 'denied', 'silent', 'Throttled', 'Unauthenticated'),
  alone: fc.subarray(SECRETS, { maxLength: 3 }).map((names) => new Set(names)),
  malformed: fc.subarray(SECRETS, { maxLength: 3 }).map((names) => new Set(names)),
  omits: fc.subarray(SECRETS, { maxLength: 3 }).map((names) => new Set(names)),
})
const anyStep = fc.oneof(
  fc.record({ do: fc.constant('change' as const), secrets: fc.subarray(SECRETS) }),
  fc.record({
    do: fc.constant('fault' as const),
    secrets: fc.subarray(SECRETS, { maxLength: 4 }),
    code: fc.oneof(fc.constant('hang' as const), fc.constantFrom(...CODES)),
  }),
  fc.record({ do: fc.constant('heal' as const), secrets: fc.subarray(SECRETS) }),
  fc.record({ do: fc.constant('outage' as const), code: fc.constantFrom('Unavailable', 'InvalidResponse') }),
  fc.record({ do: fc.constant('refreshNow' as const), subscriber: fc.constantFrom(...SUBSCRIBERS) }),
  fc.record({ do: fc.constant('mode' as const), mode: anyMode }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
)
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never

interface Sides {
  readonly alone: Harness
  readonly batched: Harness
  readonly manager: BatchingManager
}

function setUp(kmsCost: number): Sides {
  const options = {
    retry: { baseMs: 1_000, maxMs: 4_000 },
    readTimeoutMs: 2_000,
    maxConcurrentReads: 16,
  }
  const managers: BatchingManager[] = []
  const manager = (clock: ConstructorParameters<typeof BatchingManager>[0]): BatchingManager => {
    const made = new BatchingManager(clock)
    made.latencyMs = 20
    managers.push(made)
    return made
  }
  const alone = new Harness({ ...options, rateLimits: new RateLimits({ qps: 200 }) }, manager)
  const batched = new Harness({ ...options, rateLimits: new RateLimits({ qps: 200 }), batches: { kmsCost } }, manager)
  const sides = { alone, batched, manager: managers[1] as BatchingManager }
  for (const side of [alone, batched]) {
    for (const name of SECRETS) side.manager.change(name)
    for (const [index, subscriber] of SUBSCRIBERS.entries())
      side.subscribe(subscriber, SECRETS.slice(8 * index, 8 * index + 12), INTERVAL_MS)
  }
  return sides
}

/** With more failing secrets than these, and some that work, it is a matter of time whether the circuit of the connection opens. */
const MAX_FAULTS = 6

function carryOut(step: Step, side: Harness): void {
  const { manager, pool } = side
  const added = step.do === 'fault' || step.do === 'heal' ? step.secrets.length : 0
  if (added > 0 && manager.faults.size + added > MAX_FAULTS) manager.faults.clear()
  if (step.do === 'change') for (const name of step.secrets) manager.change(name)
  else if (step.do === 'fault')
    for (const name of step.secrets) manager.faults.set(name, step.code === 'hang' ? 'hang' : { code: step.code })
  else if (step.do === 'heal') for (const name of step.secrets) manager.faults.delete(name)
  else if (step.do === 'outage')
    for (const name of SECRETS) manager.faults.set(name, { code: step.code as ReadErrorCode })
  else if (step.do === 'refreshNow') pool.refreshNow(step.subscriber)
}

/**
 * What each source says: its version, and code and message of its error. Which sources an open circuit speaks for is a matter of time,
 * and so is whether a source had an error of its own when an outage of all began.
 */
function outcomesOf(side: Harness): Record<string, string> {
  const isDown = SECRETS.every((name) => {
    const fault = side.manager.faults.get(name)
    return typeof fault === 'object' && isOutage(fault.code)
  })
  return Object.fromEntries(
    SECRETS.map((name) => {
      const { versionId, error } = side.pool.peek(side.reads([name])[0]?.key as never) ?? {}
      const failure = error && (isDown || isOutage(error.code) ? 'outage' : `${error.code}: ${error.message}`)
      // The version before a failure is a matter of time too.
      return [name, failure ?? versionId ?? 'unread']
    }),
  )
}

/** A sync of each subscriber, whose readings are then known. */
async function syncAll(side: Harness): Promise<void> {
  const syncs = SUBSCRIBERS.map((subscriber, index) =>
    side.values(subscriber, SECRETS.slice(8 * index, 8 * index + 12)).finally(() => side.pool.ack(subscriber)),
  )
  await side.clock.advance(20_000)
  await Promise.all(syncs)
}

it(
  'has the same outcome for each secret as single reads, whatever fails and however the service handles batches',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    const withBatches = { calls: 0, alone: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 1, maxLength: 25, size: 'max' }),
        anyMode,
        fc.constantFrom(1, 20),
        async (steps, mode, kmsCost) => {
          const { alone, batched, manager } = setUp(kmsCost)
          manager.mode = mode
          for (const side of [alone, batched]) await syncAll(side)
          for (const step of steps) {
            if (step.do === 'mode') manager.mode = step.mode
            for (const side of [alone, batched]) {
              carryOut(step, side)
              if (step.do === 'wait') await side.clock.advance(step.ms)
            }
          }
          // Long enough for a probe, a backoff and an interval.
          for (const side of [alone, batched]) {
            await side.clock.advance(120_000)
            for (const subscriber of SUBSCRIBERS) side.pool.retryFailed(subscriber)
            await side.clock.advance(60_000)
          }
          expect(outcomesOf(batched)).toEqual(outcomesOf(alone))

          // Without faults all are fresh again, as soon as with single reads.
          for (const side of [alone, batched]) {
            side.manager.faults.clear()
            await side.clock.advance(60_000)
            for (const name of SECRETS) side.manager.change(name)
            await side.clock.advance(INTERVAL_MS + INTERVAL_MS / 20)
            side.manager.latencyMs = 0
            await side.clock.advance(100)
          }
          expect(outcomesOf(batched)).toEqual(outcomesOf(alone))
          expect(manager.mostAtOnce.ofOne).toBeLessThanOrEqual(1)
          expect(batched.pool.stats()).toMatchObject({ failing: 0, inFlight: 0, waiting: 0 })
          withBatches.calls += manager.requests
          withBatches.alone += alone.manager.calls.length
          for (const side of [alone, batched]) {
            await side.pool.close()
            expect(side.clock.pending.size).toBe(0)
          }
        },
      ),
      { numRuns: propertyRuns(50) },
    )
    // The property says little if there are no batches.
    expect(withBatches.calls).toBeLessThan(withBatches.alone)
  },
)
