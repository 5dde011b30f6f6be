import { type SecretBackend, type SecretValue, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import { sourceKeyOf } from '../model/source-reading.ts'
import { RateLimits } from './read-queue/rate-limit.ts'
import { Harness, synced } from '../testing/source-pool-harness.ts'
import { SourcePool } from './source-pool.ts'

/** Hours of simulated time: two repetitions of the schedule, which has 120 s. A nightly run takes 24. */
const HOURS = Number(process.env.SIMULATED_HOURS ?? 1 / 15)
const SIMULATED_MS = HOURS * 3_600_000
const READS_PER_HOUR = 30
const VALUE: SecretValue = {
  bytes: new Sensitive(Buffer.from('correct horse battery staple')),
  versionId: 'v1',
  versionStages: ['ACSCurrent'],
  type: 'Generic',
  dataType: 'text',
}

/** A cheap backend that counts its calls per second of simulated time. */
class CountingBackend implements SecretBackend {
  calls = 0
  perSecond = new Uint32Array(SIMULATED_MS / 1_000)
  readonly #clock: ManualClock
  #fromMs = 0

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  startCounting(): void {
    this.calls = 0
    this.#fromMs = this.#clock.monotonic()
  }

  async read(): Promise<SecretValue> {
    this.calls += 1
    const second = Math.floor((this.#clock.monotonic() - this.#fromMs) / 1_000)
    this.perSecond[second] = (this.perSecond[second] ?? 0) + 1
    return VALUE
  }

  async close(): Promise<void> {}
}

describe('simulated hours with 10,000 sources', () => {
  it('cost 30 calls an hour each, evenly spread, without notifications', { timeout: 600_000 }, async () => {
    const clock = new ManualClock()
    const backend = new CountingBackend(clock)
    const connection = { key: 'c', kind: 'fake', quota: { account: 'a', region: 'r' }, backend }
    let notifications = 0
    const pool = new SourcePool({
      clock,
      random: Math.random,
      rateLimits: new RateLimits(),
      onChange: () => (notifications += 1),
    })
    const first = Array.from({ length: 10_000 }, async (_, index) => {
      const ref = { name: `team-${index % 100}/db-${index}` }
      const reads = [{ key: sourceKeyOf(connection, ref), ref, connection }]
      // Further readers of the same secret change nothing.
      for (const subscriber of [`a${index}`, `b${index}`]) pool.subscribe(subscriber, reads, 120_000)
      await pool.values(`a${index}`, reads, { signal: new AbortController().signal })
      pool.unsubscribe(`b${index}`)
      pool.ack(`a${index}`)
    })
    await clock.advance(30_000)
    await Promise.all(first)

    backend.startCounting()
    backend.perSecond.fill(0)
    const [startedMs, cpu] = [performance.now(), process.cpuUsage()]
    await clock.advance(SIMULATED_MS)
    const [wallMs, { user, system }] = [performance.now() - startedMs, process.cpuUsage(cpu)]
    const cost = `${(wallMs / 1_000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of CPU`
    const perReadUs = ((user + system) / backend.calls).toFixed(2)
    console.log(`${HOURS} simulated hours: ${backend.calls} reads in ${cost}, ${perReadUs} µs each`)

    expect(backend.calls).toBe(10_000 * READS_PER_HOUR * HOURS)
    // 83.3 a second on average; hashed phases scatter around that with a standard deviation of 9.
    expect(Math.max(...backend.perSecond)).toBeLessThanOrEqual(83 + 5 * 9)
    expect(Math.min(...backend.perSecond)).toBeGreaterThanOrEqual(83 - 5 * 9)
    expect(notifications).toBe(0)
    expect(pool.stats()).toMatchObject({ sources: 10_000, failing: 0, holdingPlaintext: 0, inFlight: 0, waiting: 0 })
    expect(pool.stats().maxAgeMs).toBeLessThanOrEqual(120_000)
    await pool.close()
  })
})

describe('the grid', () => {
  it('has one read per interval, regardless of other reads in between', async () => {
    await using harness = await synced()
    await harness.clock.advance(120_000)
    const [, refreshMs = NaN] = harness.manager.callsOf('db')
    for (const pauseMs of [17_100, 31_100, 110_100]) {
      await harness.clock.advance(pauseMs)
      await harness.sync('a', ['db'])
      harness.pool.refreshNow('a')
    }
    await harness.clock.advance(1_000_000)
    const calls = harness.manager.callsOf('db')
    const onGrid = calls.filter((atMs) => (atMs - refreshMs) % 120_000 === 0)
    const until = Math.floor((harness.clock.monotonic() - refreshMs) / 120_000)
    expect(onGrid).toHaveLength(until + 1)
    expect(calls).toHaveLength(onGrid.length + 1 + 3 * 2)
  })

  it.each([
    ['an interval and a half', 60_000, [150_000, 300_000]],
    ['two minutes', 86_400_000, [86_520_000]],
  ])(
    'has reads that wait for %s while subscribers wait for their first reading',
    async (_limit, intervalMs, expected) => {
      let hasUnsyncedBacklog = false
      await using harness = await synced(intervalMs, { hasUnsyncedBacklog: () => hasUnsyncedBacklog })
      await harness.clock.advance(intervalMs)
      const [, firstMs = NaN] = harness.manager.callsOf('db')
      const callsAfterMs = (): number[] => harness.manager.callsOf('db').map((atMs) => atMs - firstMs)
      hasUnsyncedBacklog = true
      await harness.clock.advance((expected.at(-1) ?? 0) + 1_000)
      expect(callsAfterMs().slice(2)).toEqual(expected)
      hasUnsyncedBacklog = false
      await harness.clock.advance(intervalMs)
      expect(callsAfterMs().at(-1)).toBe(Math.ceil((expected.at(-1) ?? 0) / intervalMs + 0.01) * intervalMs)
    },
  )

  it.each([
    [10_000, 25_000],
    [30_000, 75_000],
    [60_000, 150_000],
    [120_000, 240_000],
    [3_600_000, 3_720_000],
  ])(
    'reads every %i ms, and never later than at an age of %i ms, however long KMS takes',
    async (intervalMs, maxAgeMs) => {
      const latencyMs = 200
      await using harness = new Harness({ hasUnsyncedBacklog: () => true })
      harness.manager.change('db')
      harness.manager.latencyMs = latencyMs
      await Promise.all([harness.sync('a', ['db'], intervalMs), harness.clock.advance(latencyMs)])
      await harness.clock.advance(20 * intervalMs)
      const calls = harness.manager.callsOf('db')
      const agesMs = calls.slice(1).map((atMs, index) => atMs - (calls[index] ?? 0) - latencyMs)
      expect(agesMs.length).toBeGreaterThanOrEqual(7)
      expect(Math.max(...agesMs)).toBeLessThanOrEqual(maxAgeMs)
    },
  )

  it.each<[what: string, request: (harness: Harness) => void]>([
    ['refresh requests', ({ pool }) => pool.refreshNow('a')],
    ['hints', ({ pool }) => pool.hint('db')],
  ])('has no part in %s, which never wait', async (_what, request) => {
    await using harness = await synced(120_000, { hasUnsyncedBacklog: () => true })
    harness.manager.calls.length = 0
    request(harness)
    await harness.clock.advance(0)
    expect(harness.manager.calls).toHaveLength(1)
  })

  it('retries a failed read even while subscribers wait for their first reading', async () => {
    await using harness = await synced(120_000, { hasUnsyncedBacklog: () => true })
    harness.manager.faults.set('db', { code: 'AccessDenied' })
    await harness.clock.advance(240_000)
    harness.manager.calls.length = 0
    await harness.clock.advance(240_000)
    expect(harness.manager.calls).toHaveLength(2)
  })

  it('has the smallest interval of its current subscribers', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    const callsIn = async (ms: number): Promise<number> => {
      harness.manager.calls.length = 0
      await harness.clock.advance(ms)
      return harness.manager.calls.length
    }
    await harness.sync('a', ['db'], 120_000)
    await harness.sync('off', ['db'], 'off')
    expect(await callsIn(1_200_000)).toBe(10)
    await harness.sync('b', ['db'], 10_000)
    await harness.sync('c', ['db'], 10_000)
    expect(await callsIn(1_200_000)).toBe(120)
    harness.pool.unsubscribe('b')
    expect(await callsIn(1_200_000)).toBe(120)
    harness.subscribe('c', ['db'], 60_000)
    expect(await callsIn(1_200_000)).toBe(20)
    harness.pool.unsubscribe('c')
    expect(await callsIn(1_200_000)).toBe(10)
    harness.pool.unsubscribe('a')
    expect(await callsIn(1_200_000)).toBe(0)
  })

  it('is not delayed by subscribing again', async () => {
    await using harness = await synced(120_000)
    harness.manager.calls.length = 0
    for (let second = 0; second < 1_200; second += 1) {
      harness.subscribe('a', ['db'], 120_000)
      await harness.clock.advance(1_000)
    }
    expect(harness.manager.calls).toHaveLength(10)
  })

  it('catches up with one read after a long pause of the process', async () => {
    await using harness = new Harness({ maxConcurrentReads: 1 })
    harness.manager.change('db')
    harness.manager.change('blocker')
    await harness.sync('a', ['db'], 5_000)
    harness.manager.latencyMs = 9_000
    await harness.sync('b', [], 'off')
    harness.subscribe('b', ['blocker'], 'off')
    harness.manager.calls.length = 0
    const values = harness.values('b', ['blocker'])
    await harness.clock.advance(18_000)
    await values
    // Two or three scheduled reads were skipped while the only slot was occupied.
    expect(harness.manager.callsOf('db').length).toBeLessThanOrEqual(2)
  })
})
