import type { SecretBackend } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { Harness, synced } from '../testing/source-pool-harness.ts'

const OUTAGES = ['Throttled', 'Unavailable', 'Timeout', 'InvalidResponse'] as const

/** A small generator with a seed (mulberry32), so that all runs are equal. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('failures', () => {
  it.each(OUTAGES)(
    'of an outage (%s) are reported once, as stale once after 3 intervals, and as recovered once',
    async (code) => {
      await using harness = await synced()
      const [firstRefreshMs] = [await untilCall(harness, 2)]
      harness.manager.faults.set('db', { code })
      await harness.clock.advance(120_000)
      expect(harness.notifications).toEqual([
        { subscriber: 'a', change: 'failed', name: 'db', atMs: firstRefreshMs + 120_000 },
      ])
      expect(await harness.values('a', ['db'])).toEqual({ db: code })
      harness.notifications.length = 0
      await harness.clock.advance(3_600_000)
      expect(harness.notifications).toEqual([
        { subscriber: 'a', change: 'stale', name: 'db', atMs: firstRefreshMs + 360_000 },
      ])
      expect(await harness.values('a', ['db'])).toEqual({ db: `${code} stale` })
      harness.notifications.length = 0
      harness.manager.faults.clear()
      harness.manager.calls.length = 0
      await harness.clock.advance(300_000)
      expect(harness.takeNotifications()).toEqual(['a recovered db'])
      const calls = harness.manager.calls.length
      expect(await harness.sync('a', ['db'])).toEqual({ db: 'v1' })
      expect(harness.manager.calls).toHaveLength(calls)
      expect(harness.pool.stats().holdingPlaintext).toBe(0)
    },
  )

  it('notify of each different failure, and of the change that ended them', async () => {
    await using harness = await synced()
    for (const code of ['Unavailable', 'NotFound', 'AccessDenied', 'Unauthenticated'] as const) {
      harness.manager.faults.set('db', { code })
      await harness.clock.advance(300_000)
      expect(harness.takeNotifications().filter((takeNotifications) => !takeNotifications.includes('stale'))).toEqual([
        'a failed db',
      ])
    }
    harness.manager.faults.clear()
    harness.manager.change('db')
    await harness.clock.advance(300_000)
    expect(harness.takeNotifications()).toEqual(['a value db'])
  })

  it('of an absent secret end with a change, even at the same version', async () => {
    await using harness = await synced()
    harness.manager.faults.set('db', { code: 'NotFound' })
    await harness.clock.advance(240_000)
    expect(harness.takeNotifications()).toEqual(['a failed db'])
    harness.manager.faults.clear()
    await harness.clock.advance(120_000)
    expect(harness.takeNotifications()).toEqual(['a value db'])
    expect(await harness.values('a', ['db'])).toEqual({ db: 'v1' })
  })

  it('that are permanent stay during a later outage', async () => {
    await using harness = new Harness()
    harness.manager.faults.set('db', { code: 'NotFound' })
    expect(await harness.sync('a', ['db'])).toEqual({ db: 'NotFound' })
    harness.manager.faults.set('db', { code: 'Timeout' })
    await harness.clock.advance(1_200_000)
    expect(harness.takeNotifications()).toEqual([])
    expect(await harness.sync('a', ['db'])).toEqual({ db: 'NotFound' })
  })

  it.each(['NotFound', 'AccessDenied'] as const)('that are permanent (%s) wait for the interval', async (code) => {
    await using harness = new Harness()
    harness.manager.faults.set('db', { code })
    expect(await harness.sync('a', ['db'])).toEqual({ db: code })
    await harness.clock.advance(1_200_000)
    expect(harness.manager.calls).toHaveLength(11)
    expect(harness.takeNotifications()).toEqual([])
  })

  it('that are permanent are reused for a short time, then the secret is read again', async () => {
    await using harness = new Harness()
    await harness.sync('a', ['db'], 'off')
    await harness.clock.advance(9_000)
    expect(await harness.sync('a', ['db'], 'off')).toEqual({ db: 'NotFound' })
    expect(harness.manager.calls).toHaveLength(1)
    harness.manager.change('db')
    await harness.clock.advance(1_000)
    expect(await harness.sync('a', ['db'], 'off')).toEqual({ db: 'v1' })
  })

  it('that are permanent override cached plaintext; an outage does not', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.subscribe('a', ['db'])
    await harness.values('a', ['db'])
    harness.manager.faults.set('db', { code: 'Unavailable' })
    await harness.clock.advance(120_000)
    expect(await harness.values('a', ['db'])).toEqual({ db: 'v1' })
    harness.manager.faults.set('db', { code: 'AccessDenied' })
    await harness.clock.advance(60_000)
    expect(await harness.values('a', ['db'])).toEqual({ db: 'AccessDenied' })
  })

  it('that are stale override cached plaintext', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.subscribe('a', ['db'], 5_000)
    await harness.values('a', ['db'])
    harness.manager.faults.set('db', { code: 'Unavailable' })
    await harness.clock.advance(14_000)
    expect(await harness.values('a', ['db'])).toEqual({ db: 'v1' })
    await harness.clock.advance(1_000)
    harness.manager.faults.set('db', { code: 'Unavailable', facts: { retryAfterMs: 60_000 } })
    await harness.clock.advance(20_000)
    expect(await harness.values('a', ['db'])).toEqual({ db: 'Unavailable stale' })
  })

  it('that start when the value is already stale are reported as stale, once', async () => {
    await using harness = await synced(1_000)
    // Abandoned after ten seconds, when the value is older than three intervals.
    harness.manager.faults.set('db', 'hang')
    await harness.clock.advance(60_000)
    expect(harness.takeNotifications()).toEqual(['a stale db'])
  })

  it('of an outage that ends before the value is stale leave no cached plaintext', async () => {
    await using harness = await synced()
    harness.manager.faults.set('db', { code: 'Unavailable' })
    await harness.clock.advance(121_000)
    harness.manager.faults.clear()
    await harness.clock.advance(60_000)
    expect(harness.takeNotifications()).toEqual(['a failed db', 'a recovered db'])
    expect(harness.pool.stats().holdingPlaintext).toBe(0)
  })

  it('before the first value have no age, and become stale counted from the first failure', async () => {
    await using harness = new Harness()
    harness.manager.faults.set('db', { code: 'Unavailable' })
    expect(await harness.sync('a', ['db'])).toEqual({ db: 'Unavailable' })
    await harness.clock.advance(359_000)
    expect(harness.takeNotifications()).toEqual([])
    await harness.clock.advance(3_600_000)
    expect(harness.takeNotifications()).toEqual(['a stale db'])
    harness.manager.faults.clear()
    harness.manager.change('db')
    await harness.clock.advance(300_000)
    expect(harness.takeNotifications()).toEqual(['a value db'])
  })

  it('of invalid values and unknown errors are reported as defects', async () => {
    await using harness = new Harness()
    const broken = (read: SecretBackend['read']): SecretBackend => ({ read, close: async () => {} })
    const backends = [
      // Possible in a backend without types.
      broken(() => Promise.resolve(JSON.parse('null'))),
      broken(() => Promise.resolve(JSON.parse('{}'))),
      broken(() => Promise.reject(new TypeError('with a secret in it'))),
      broken(() => {
        throw new TypeError('at once')
      }),
    ]
    for (const [index, backend] of backends.entries()) {
      const reads = harness.reads(['db'], harness.connection(`account ${index}`, backend))
      harness.pool.subscribe('a', reads, 120_000)
      const [reading] = (await harness.pool.values('a', reads, { signal: AbortSignal.timeout(60_000) })).values()
      expect(reading).toMatchObject({
        kind: 'error',
        error: { code: 'Internal', message: expect.not.stringContaining('secret in it') },
      })
    }
  })
})

describe('backoff', () => {
  it('of a secret that fails alone for two hours stays within its ceilings and ends on the grid', async () => {
    await using harness = new Harness({ random: seeded(1) })
    harness.manager.change('db')
    harness.manager.change('fine')
    await harness.sync('b', ['fine'], 1_000)
    await harness.sync('a', ['db'])
    while (harness.manager.callsOf('db').length < 2) await harness.clock.advance(50)
    const lastMs = harness.clock.monotonic()
    harness.manager.faults.set('db', { code: 'Unavailable' })
    harness.manager.calls.length = 0
    await harness.clock.advance(7_200_000)
    const attempts = harness.manager.callsOf('db')
    expect(attempts[0]).toBe(lastMs + 120_000)
    const pauses = attempts.slice(1).map((atMs, index) => atMs - (attempts[index] ?? 0))
    for (const [index, pauseMs] of pauses.entries())
      expect(pauseMs).toBeLessThanOrEqual(Math.min(300_000, 2_000 * 2 ** index) + 50)
    // Full jitter: half the ceiling on average, so about 48 attempts; an interval's clock would have made 60 more regular ones.
    expect(attempts.length).toBeGreaterThan(30)
    expect(attempts.length).toBeLessThan(75)
    expect(harness.manager.callsOf('fine')).toHaveLength(7_200)
    harness.manager.faults.clear()
    await harness.clock.advance(300_000)
    expect(harness.takeNotifications()).toEqual(['a failed db', 'a stale db', 'a recovered db'])
    harness.manager.calls.length = 0
    await harness.clock.advance(1_200_000)
    const refreshes = harness.manager.callsOf('db')
    expect(refreshes).toHaveLength(10)
    expect(refreshes.every((atMs) => (atMs - lastMs) % 120_000 === 0)).toBe(true)
  })

  it('respects Retry-After up to an hour', async () => {
    for (const [retryAfterMs, waitsMs] of [
      [45_000, 45_000],
      [10 * 86_400_000, 3_600_000],
    ] as const) {
      await using harness = new Harness()
      harness.manager.faults.set('db', { code: 'Throttled', facts: { retryAfterMs } })
      await harness.sync('a', ['db'])
      await harness.clock.advance(waitsMs - 50)
      expect(harness.manager.calls).toHaveLength(1)
      await harness.clock.advance(50)
      expect(harness.manager.calls).toHaveLength(2)
    }
  })

  it('starts from 2 s again after a success', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.manager.faults.set('db', { code: 'Unavailable' })
    await harness.sync('a', ['db'], 'off')
    await harness.clock.advance(3_600_000)
    harness.manager.faults.clear()
    await harness.clock.advance(300_000)
    harness.manager.faults.set('db', { code: 'Unavailable' })
    harness.manager.calls.length = 0
    harness.pool.refreshNow('a')
    await harness.clock.advance(1_000)
    expect(harness.manager.calls).toHaveLength(2)
  })

  it('is not extended by requests during the pause', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.manager.change('fine')
    await harness.sync('b', ['fine'], 1_000)
    harness.manager.faults.set('db', { code: 'Unavailable' })
    await harness.sync('a', ['db'])
    for (let step = 0; step < 20; step += 1) {
      harness.pool.refreshNow('a')
      await harness.values('a', ['db'], true)
      await harness.clock.advance(1_500)
    }
    expect(harness.manager.callsOf('db').length).toBeGreaterThan(40)
    harness.manager.faults.clear()
    // The duration of the outage once more.
    await harness.clock.advance(32_000)
    expect(harness.takeNotifications()).toEqual(['a value db'])
  })

  it('returns the last error without a call, unless forced', async () => {
    await using harness = new Harness()
    harness.manager.faults.set('db', { code: 'Unauthenticated', facts: { retryAfterMs: 60_000 } })
    await harness.sync('a', ['db'])
    harness.manager.faults.clear()
    harness.manager.change('db')
    expect(await harness.sync('b', ['db'])).toEqual({ db: 'Unauthenticated' })
    expect(harness.manager.calls).toHaveLength(1)
    expect(await harness.values('b', ['db'], true)).toEqual({ db: 'v1' })
    expect(harness.takeNotifications()).toEqual(['a value db'])
  })

  it('continues with polling disabled', async () => {
    await using harness = new Harness()
    harness.manager.faults.set('db', { code: 'Unavailable' })
    harness.subscribe('a', ['db'], 'off')
    await harness.values('a', ['db'])
    await harness.clock.advance(600_000)
    harness.manager.faults.clear()
    harness.manager.change('db')
    await harness.clock.advance(300_000)
    expect(harness.takeNotifications()).toEqual(['a value db'])
    harness.pool.ack('a')
    harness.manager.calls.length = 0
    await harness.clock.advance(86_400_000)
    expect([harness.manager.calls.length, harness.clock.pending.size]).toEqual([0, 0])
  })

  it('of one source does not delay another', async () => {
    await using harness = new Harness()
    for (const name of ['fine', 'failing', 'hanging']) harness.manager.change(name)
    await harness.sync('a', ['fine', 'failing', 'hanging'])
    harness.manager.faults.set('failing', { code: 'Unavailable' })
    harness.manager.faults.set('hanging', 'hang')
    harness.manager.calls.length = 0
    await harness.clock.advance(1_200_000)
    expect(harness.manager.callsOf('fine')).toHaveLength(10)
  })
})

/** Advances the clock until the `count`th call, and returns its time. */
async function untilCall(harness: Harness, count: number): Promise<number> {
  while (harness.manager.calls.length < count) await harness.clock.advance(50)
  return harness.clock.monotonic()
}
