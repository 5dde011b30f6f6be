import { defined } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { Harness } from '../testing/source-pool-harness.ts'

const PAUSE_MS = 5_000
/** The first backoff of a source, with the random number of the harness. */
const FIRST_BACKOFF_MS = 1_000

/** A resource that has read version 2 of `db`, after version 1. */
async function atVersionTwo(harness: Harness, intervalMs: number | 'off' = 30_000): Promise<void> {
  give(harness, 1)
  await harness.sync('web', ['db'], intervalMs)
  give(harness, 2)
  harness.pool.refreshNow('web')
  await harness.clock.advance(1_000)
  await Promise.all([harness.values('web', ['db']), harness.clock.advance(0)])
  harness.pool.ack('web')
  expect(harness.takeNotifications()).toEqual(['web value db'])
  harness.manager.calls.length = 0
}

/** KMS returns this version from now on. */
function give(harness: Harness, version: number): void {
  harness.manager.secrets.set('db', { version, createdMs: version * 1_000 })
}

/** Reads now, unless a backoff prevents it. */
async function readNow(harness: Harness): Promise<void> {
  harness.pool.refreshNow('web')
  await harness.clock.advance(0)
}

describe('a version that is older than the current one', () => {
  it('is dropped if only one replica of the manager lags', async () => {
    await using harness = new Harness()
    await atVersionTwo(harness)
    give(harness, 1)
    await readNow(harness)
    give(harness, 2)
    await harness.clock.advance(120_000)
    expect(harness.takeNotifications()).toEqual([])
    expect(await harness.sync('late', ['db'])).toEqual({ db: 'v2' })
  })

  it.each<[string, number | 'off']>([
    ['at its interval', 30_000],
    ['without polling', 'off'],
  ])('is delivered once a second read confirms it, %s', async (_how, intervalMs) => {
    await using harness = new Harness()
    await atVersionTwo(harness, intervalMs)
    give(harness, 1)
    await readNow(harness)
    await harness.clock.advance(PAUSE_MS - 50)
    expect([harness.manager.calls.length, harness.takeNotifications()]).toEqual([1, []])
    await harness.clock.advance(100)
    expect([harness.manager.calls.length, harness.takeNotifications()]).toEqual([2, ['web value db']])
    expect(await harness.values('web', ['db'])).toEqual({ db: 'v1' })
  })

  it('is not read again within the pause, and a sync waits for the second read', async () => {
    await using harness = new Harness()
    await atVersionTwo(harness)
    give(harness, 1)
    await readNow(harness)
    const asked = [harness.values('web', ['db']), harness.values('web', ['db'], true)]
    await harness.clock.advance(PAUSE_MS - 50)
    expect(harness.manager.calls).toHaveLength(1)
    give(harness, 2)
    await harness.clock.advance(100)
    expect(await Promise.all(asked)).toEqual([{ db: 'v2' }, { db: 'v2' }])
    expect(harness.manager.calls).toHaveLength(2)
  })

  it('is confirmed by the next response if the second read gets none', async () => {
    await using harness = new Harness()
    await atVersionTwo(harness)
    give(harness, 1)
    await readNow(harness)
    harness.manager.faults.set('db', { code: 'Unavailable' })
    await harness.clock.advance(2 * PAUSE_MS)
    harness.manager.faults.clear()
    await harness.clock.advance(60_000)
    expect(harness.takeNotifications()).toContain('web value db')
    expect(await harness.sync('late', ['db'])).toEqual({ db: 'v1' })
  })

  it('ends the backoff of earlier failures: if the second read fails, its backoff is a first one', async () => {
    await using harness = new Harness()
    await atVersionTwo(harness)
    harness.manager.faults.set('db', { code: 'Throttled', facts: { retryAfterMs: 600_000 } })
    await readNow(harness)
    harness.manager.faults.clear()
    give(harness, 1)
    await harness.clock.advance(1_000)
    await readNow(harness)
    harness.manager.faults.set('db', { code: 'Throttled' })
    await harness.clock.advance(PAUSE_MS + 50)
    harness.manager.faults.clear()
    harness.manager.calls.length = 0
    await harness.clock.advance(FIRST_BACKOFF_MS + 50)
    expect(harness.manager.calls).toHaveLength(1)
  })

  it('is confirmed only by the same version: another older one is read twice as well', async () => {
    await using harness = new Harness()
    give(harness, 3)
    await harness.sync('web', ['db'])
    give(harness, 1)
    await readNow(harness)
    give(harness, 2)
    await harness.clock.advance(PAUSE_MS + 50)
    expect(harness.takeNotifications()).toEqual([])
    await harness.clock.advance(PAUSE_MS + 50)
    expect(harness.takeNotifications()).toEqual(['web value db'])
    expect(await harness.values('web', ['db'])).toEqual({ db: 'v2' })
  })

  it.each<[string, number, number | undefined]>([
    ['newer', 3, 3_000],
    ['of the same age', 3, 2_000],
    ['of unknown age', 1, undefined],
  ])(
    'needs a second read only if it is older: one that is %s is delivered at once',
    async (_rule, version, createdMs) => {
      await using harness = new Harness()
      await atVersionTwo(harness)
      harness.manager.secrets.set('db', { version, ...defined({ createdMs }) })
      await readNow(harness)
      expect(harness.takeNotifications()).toEqual(['web value db'])
    },
  )
})
