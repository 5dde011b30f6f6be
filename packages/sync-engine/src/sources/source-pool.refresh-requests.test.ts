import { unknownAccount } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { RateLimits } from './read-queue/rate-limit.ts'
import { type FakeManager, Harness, synced } from '../testing/source-pool-harness.ts'

describe('hint', () => {
  it('reads at once, and notifies only of a change', async () => {
    await using harness = await synced('off')
    harness.pool.hint('db')
    await harness.clock.advance(0)
    expect(harness.manager.calls).toHaveLength(2)
    expect(harness.takeNotifications()).toEqual([])
    harness.manager.change('db')
    await harness.clock.advance(10_000)
    harness.pool.hint('db')
    await harness.clock.advance(0)
    expect(harness.takeNotifications()).toEqual(['a value db'])
  })

  it('coalesces: a flood of hints reads once per 10 s, and the last one is not lost', async () => {
    await using harness = await synced('off')
    harness.manager.calls.length = 0
    for (let step = 0; step < 600; step += 1) {
      harness.pool.hint('db')
      if (step === 599) harness.manager.change('db')
      await harness.clock.advance(100)
    }
    expect(harness.manager.callsOf('db').map((atMs) => atMs / 1_000)).toEqual([0, 10, 20, 30, 40, 50, 60])
    await harness.clock.advance(60_000)
    expect(harness.manager.calls).toHaveLength(7)
    expect(harness.takeNotifications()).toEqual(['a value db'])
  })

  it('during a read causes another one, because the first may be older than the change', async () => {
    await using harness = await synced('off', { hintMinIntervalMs: 1 })
    harness.manager.latencyMs = 1_000
    harness.pool.hint('db')
    await harness.clock.advance(500)
    harness.pool.hint('db')
    harness.pool.hint('db')
    await harness.clock.advance(5_000)
    expect(harness.manager.calls).toHaveLength(3)
  })

  it('during the first read causes another one', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.manager.latencyMs = 1_000
    const first = harness.sync('a', ['db'], 'off')
    await harness.clock.advance(500)
    harness.pool.hint('db')
    harness.manager.change('db')
    await Promise.all([first, harness.clock.advance(500)])
    await harness.clock.advance(5_000)
    expect(harness.manager.calls).toHaveLength(2)
  })

  it('is satisfied by any read that starts after it', async () => {
    await using harness = await synced('off')
    harness.pool.hint('db')
    await harness.clock.advance(1_000)
    harness.pool.hint('db')
    await harness.values('a', ['db'])
    await harness.clock.advance(60_000)
    expect(harness.manager.calls).toHaveLength(3)
  })

  it.each([
    ['db', 'acs:kms:cn-hangzhou:123:secret/db'],
    ['acs:kms:cn-hangzhou:123:secret/app/db', 'app/db'],
  ])('finds %s by %s', async (name, hinted) => {
    await using harness = new Harness()
    harness.manager.change(name)
    await harness.sync('a', [name], 'off')
    harness.pool.hint(hinted)
    harness.pool.hint('another')
    await harness.clock.advance(0)
    expect(harness.manager.calls).toHaveLength(2)
  })

  it.each([
    ['1234', 'cn-hangzhou', true],
    ['another', 'cn-hangzhou', false],
    ['1234', 'cn-beijing', false],
  ])('of account %s in %s reads only secrets that may be there', async (account, region, isRead) => {
    await using harness = new Harness()
    harness.manager.change('db')
    const read = harness.reads(['db'], harness.connection('1234'))
    harness.pool.subscribe('a', read, undefined)
    await harness.pool.values('a', read, { signal: new AbortController().signal })
    harness.manager.calls.length = 0
    expect(harness.pool.reads('db', { account, region })).toBe(isRead)
    harness.pool.hint('db', { account, region })
    await harness.clock.advance(0)
    expect(harness.manager.calls).toHaveLength(isRead ? 1 : 0)
  })

  it('of a store excludes another account, once the AccessKeys of both are known', async () => {
    const rateLimits = new RateLimits({ qps: 0 })
    await using harness = new Harness({ rateLimits })
    harness.manager.change('db')
    const [own, other] = [unknownAccount('own'), unknownAccount('other')]
    const read = harness.reads(['db'], harness.connection(other))
    harness.pool.subscribe('a', read, undefined)
    await harness.pool.values('a', read, { signal: new AbortController().signal })
    const scope = { account: own, region: 'cn-hangzhou' }
    expect(harness.pool.reads('db', scope)).toBe(true)
    rateLimits.learn(own, '1111')
    rateLimits.learn(other, '2222')
    expect(harness.pool.reads('db', scope)).toBe(false)
    rateLimits.learn(other, '1111')
    expect(harness.pool.reads('db', scope)).toBe(true)
  })

  it('uses half of the rate, however many sources it names, so that due reads are not late', async () => {
    await using harness = new Harness({ rateLimits: new RateLimits({ qps: 1 }), hintMinIntervalMs: 1 })
    const hinted = Array.from({ length: 20 }, (_none, at) => `hinted-${at}`)
    const polled = Array.from({ length: 20 }, (_none, at) => `polled-${at}`)
    for (const name of [...hinted, ...polled]) harness.manager.change(name)
    const first = harness.sync('web/hinted', hinted, 'off')
    // 0.4 reads a second.
    const others = harness.sync('web/polled', polled, 50_000)
    await Promise.all([first, others, harness.clock.advance(60_000)])
    harness.manager.calls.length = 0
    for (let second = 0; second < 600; second += 1) {
      for (const name of hinted) harness.pool.hint(name)
      // oxlint-disable-next-line no-await-in-loop -- one second after the other
      await harness.clock.advance(1_000)
    }
    const callsOf = (names: readonly string[]): number => names.flatMap((name) => harness.manager.callsOf(name)).length
    expect(callsOf(polled)).toBeGreaterThanOrEqual(20 * 12 - 2)
    expect(callsOf(hinted)).toBeGreaterThanOrEqual(295)
    expect(callsOf(hinted)).toBeLessThanOrEqual(302)
  })

  it('of many at once uses more than half of the rate for one second only', async () => {
    await using harness = new Harness({ rateLimits: new RateLimits({ qps: 100 }) })
    const names = Array.from({ length: 200 }, (_none, at) => `db-${at}`)
    for (const name of names) harness.manager.change(name)
    await Promise.all([harness.sync('a', names, 'off'), harness.clock.advance(10_000)])
    const counts: number[] = []
    harness.manager.calls.length = 0
    for (const name of names) harness.pool.hint(name)
    for (let second = 0; second < 3; second += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one second after the other
      await harness.clock.advance(1_000)
      counts.push(harness.manager.calls.length)
    }
    expect(counts).toEqual([100, 150, 200])
  })

  it('of many at once costs one read each, in addition to the polls that fall due later', async () => {
    const names = Array.from({ length: 1_000 }, (_none, at) => `db-${at}`)
    const readsOf = async (hinted: readonly string[]): Promise<FakeManager> => {
      await using harness = new Harness({ rateLimits: new RateLimits({ qps: 400 }) })
      for (const name of names) harness.manager.change(name)
      await Promise.all([harness.sync('a', names, 7_200_000), harness.clock.advance(10_000)])
      harness.manager.calls.length = 0
      for (const name of hinted) harness.pool.hint(name)
      await harness.clock.advance(60_000)
      return harness.manager
    }
    const [polled, hinted] = [await readsOf([]), await readsOf(names)]
    const again = names.filter((name) => (polled.callsOf(name)[0] ?? 0) > (hinted.callsOf(name)[0] ?? 0))
    // One of 1,000 secrets every seven seconds.
    expect(again.length).toBeGreaterThanOrEqual(5)
    expect(names.filter((name) => hinted.callsOf(name).length !== 1)).toEqual(again)
    expect(hinted.calls).toHaveLength(names.length + again.length)
  })

  it('finds a secret that was missing, but respects a backoff and reads nothing for the first time', async () => {
    await using harness = new Harness()
    harness.manager.faults.set('away', { code: 'Throttled', facts: { retryAfterMs: 60_000 } })
    await harness.sync('a', ['missing', 'away'], 'off')
    harness.subscribe('a', ['missing', 'away', 'new'], 'off')
    harness.manager.calls.length = 0
    harness.manager.change('missing')
    for (const name of ['missing', 'away', 'new']) harness.pool.hint(name)
    await harness.clock.advance(0)
    expect(harness.manager.calls.map(({ name }) => name)).toEqual(['missing'])
    expect(harness.takeNotifications()).toEqual(['a value missing'])
  })
})

describe('refreshNow', () => {
  it('reads all sources of one subscriber at once, even during a backoff, each at most once a second', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.manager.faults.set('away', { code: 'Unavailable', facts: { retryAfterMs: 600_000 } })
    await harness.sync('a', ['db', 'away'], 'off')
    await harness.sync('b', ['other'], 'off')
    harness.manager.calls.length = 0
    harness.manager.faults.clear()
    harness.manager.change('away')
    for (let step = 0; step < 10; step += 1) {
      harness.pool.refreshNow('a')
      await harness.clock.advance(50)
    }
    expect(harness.manager.calls.map(({ name }) => name)).toEqual(['db', 'away'])
    expect(harness.takeNotifications()).toEqual(['a value away'])
    await harness.clock.advance(5_000)
    expect(harness.manager.calls.map(({ name }) => name)).toEqual(['db', 'away', 'db', 'away'])
  })
})

describe('retryFailed', () => {
  it('reads only the failed sources of one subscriber at once', async () => {
    await using harness = new Harness()
    harness.manager.change('fine')
    for (const name of ['locked', 'locked elsewhere']) {
      harness.manager.faults.set(name, { code: 'Unauthenticated', facts: { retryAfterMs: 600_000 } })
    }
    await harness.sync('a', ['fine', 'locked'], 'off')
    const elsewhere = harness.reads(['locked elsewhere'], harness.connection('elsewhere'))
    harness.pool.subscribe('b', elsewhere, undefined)
    await harness.pool.values('b', elsewhere, { signal: AbortSignal.timeout(60_000) })
    harness.manager.calls.length = 0
    harness.manager.faults.clear()
    harness.manager.change('locked')
    harness.pool.retryFailed('a')
    await harness.clock.advance(0)
    expect(harness.manager.calls.map(({ name }) => name)).toEqual(['locked'])
    expect(harness.takeNotifications()).toEqual(['a value locked'])
  })
})

describe('an announced rotation', () => {
  const HOUR_MS = 3_600_000

  /** A source with a long interval and a rotation scheduled in one hour. */
  async function announced(
    harness: Harness,
    intervalMs: number | 'off' = 10_000 * HOUR_MS,
  ): Promise<{ readonly nextMs: number; readonly atMs: number }> {
    const nextMs = harness.clock.now() + HOUR_MS
    const atMs = harness.clock.monotonic() + HOUR_MS
    harness.manager.change('db', { rotation: { automatic: true, lastMs: 1, nextMs } })
    await harness.sync('a', ['db'], intervalMs)
    harness.manager.calls.length = 0
    return { nextMs, atMs }
  }

  it('is read 5 s after its time, then every 10 s until it is complete', async () => {
    await using harness = new Harness()
    const { nextMs, atMs } = await announced(harness)
    await harness.clock.advance(HOUR_MS + 30_000)
    expect(harness.manager.callsOf('db')).toEqual([5_000, 15_000, 25_000].map((afterMs) => atMs + afterMs))
    harness.manager.change('db', { rotation: { automatic: true, lastMs: nextMs, nextMs: nextMs + 2 * HOUR_MS } })
    await harness.clock.advance(600_000)
    expect(harness.manager.calls).toHaveLength(4)
    expect(harness.notifications).toEqual([{ subscriber: 'a', change: 'value', name: 'db', atMs: atMs + 35_000 }])
    harness.pool.ack('a')
    await harness.clock.advance(2 * HOUR_MS)
    expect(harness.manager.callsOf('db')[4]).toBe(atMs + 2 * HOUR_MS + 5_000)
  })

  it('that does not happen is given up after 12 reads', async () => {
    await using harness = new Harness()
    await announced(harness)
    await harness.clock.advance(4 * HOUR_MS)
    expect(harness.manager.calls).toHaveLength(12)
  })

  it('is found after an outage', async () => {
    await using harness = new Harness()
    const { nextMs } = await announced(harness)
    await harness.clock.advance(HOUR_MS)
    harness.manager.faults.set('db', { code: 'Unavailable' })
    await harness.clock.advance(60_000)
    harness.manager.faults.clear()
    harness.manager.change('db', { rotation: { automatic: true, lastMs: nextMs, nextMs: nextMs + HOUR_MS } })
    await harness.clock.advance(120_000)
    expect(harness.takeNotifications()).toEqual(['a failed db', 'a value db'])
  })

  it('does not end a backoff', async () => {
    await using harness = new Harness()
    await announced(harness)
    harness.manager.faults.set('db', { code: 'Throttled', facts: { retryAfterMs: 600_000 } })
    await harness.clock.advance(HOUR_MS - 10_000)
    await harness.values('a', ['db'])
    await harness.clock.advance(300_000)
    expect(harness.manager.calls).toHaveLength(1)
    await harness.clock.advance(300_000)
    expect(harness.manager.calls).toHaveLength(2)
  })

  it('that is cancelled causes no reads', async () => {
    await using harness = new Harness()
    await announced(harness)
    harness.manager.change('db', { rotation: { automatic: true, lastMs: 1 } })
    await harness.values('a', ['db'])
    await harness.clock.advance(2 * HOUR_MS)
    expect(harness.manager.calls).toHaveLength(1)
  })

  it.each([
    ['ahead by a year', 365 * 24 * HOUR_MS],
    ['ahead by the hour', HOUR_MS],
    ['back by a year', -365 * 24 * HOUR_MS],
  ])('causes no burst of reads when the wall clock jumps %s', async (_name, byMs) => {
    await using harness = new Harness()
    await announced(harness, 60_000)
    harness.clock.jumpWallClock(byMs)
    await harness.clock.advance(HOUR_MS - 60_000)
    expect(harness.manager.calls).toHaveLength(59)
  })

  it('that is already past is left to the interval', async () => {
    await using harness = new Harness()
    harness.manager.change('db', { rotation: { automatic: true, lastMs: 1, nextMs: harness.clock.now() - HOUR_MS } })
    await harness.sync('a', ['db'], 60_000)
    await harness.clock.advance(600_000)
    expect(harness.manager.calls).toHaveLength(11)
  })

  it('causes no reads with polling disabled', async () => {
    await using harness = new Harness()
    await announced(harness, 'off')
    await harness.clock.advance(2 * HOUR_MS)
    expect(harness.manager.calls).toEqual([])
  })
})
