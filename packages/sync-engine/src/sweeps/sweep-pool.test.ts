import { type ListedSecret, type SecretBackend, SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it, onTestFinished } from 'vitest'
import { connectionOf } from '../testing/fixtures.ts'
import { SweepPool } from './sweep-pool.ts'

const INTERVAL = 120_000

/** A pool whose connections list `names`, after `delayMs` for each page. */
function poolOf() {
  const clock = new ManualClock()
  const sweeps: string[] = []
  const changed: string[] = []
  const pool = new SweepPool({ clock, random: () => 0.5, onChange: (keys) => changed.push(...keys) })
  onTestFinished(() => pool.close())
  const listOf = (key: string, names: readonly string[], delayMs = 0): ReturnType<typeof connectionOf> => {
    const list: NonNullable<SecretBackend['list']> = async ({ signal }) => {
      sweeps.push(`${key} ${clock.monotonic()}`)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => reject(signal.reason as Error))
      if (delayMs === 0) resolve()
      else clock.setTimeout(resolve, delayMs)
      await promise
      return { items: names.map((name): ListedSecret => ({ name })), total: names.length }
    }
    return connectionOf(
      { read: () => Promise.reject(new SecretSyncError('NotFound', '')), close: async () => undefined, list },
      key,
    )
  }
  const subscribe = (subscriber: string, connection: ReturnType<typeof connectionOf>, prefix = 'app/'): void =>
    pool.subscribe(
      subscriber,
      [{ connection, withTags: false, filterId: prefix, mayFind: (name) => name.startsWith(prefix) }],
      INTERVAL,
    )
  return { clock, pool, sweeps, changed, listOf, subscribe }
}

it('starts no sweep for hints of known names, and of names that no find matches', async () => {
  const { clock, pool, sweeps, listOf, subscribe } = poolOf()
  subscribe('r', listOf('one', ['app/a']))
  await clock.advance(INTERVAL - 1_000)
  const before = sweeps.length
  for (let at = 0; at < 1_000; at += 1) for (const name of ['app/a', `other/${at}`]) pool.hint(name)
  await clock.advance(900)
  expect(sweeps).toHaveLength(before)
})

it('starts one sweep in ten seconds for any number of unknown names', async () => {
  const { clock, pool, sweeps, listOf, subscribe } = poolOf()
  subscribe('r', listOf('one', ['app/a']))
  await clock.advance(1_000)
  const before = sweeps.length
  for (let at = 0; at < 600; at += 1) {
    pool.hint(`app/forged${at}`)
    await clock.advance(100)
  }
  expect(sweeps.length - before).toBe(6)
})

it('spends at most a quarter of the time on sweeps that hints ask for', async () => {
  const { clock, pool, sweeps, listOf, subscribe } = poolOf()
  subscribe('r', listOf('one', ['app/a'], 5_000))
  await clock.advance(6_000)
  const before = sweeps.length
  for (let at = 0; at < 100; at += 1) {
    pool.hint(`app/forged${at}`)
    await clock.advance(1_000)
  }
  expect(sweeps.length - before).toBeLessThanOrEqual(5)
})

it('lets other lists of the account begin ten seconds after one that hangs, and every list follow a fast one', async () => {
  const { clock, sweeps, listOf, subscribe } = poolOf()
  subscribe('a', listOf('hangs', [], 280_000))
  for (const key of ['one', 'two', 'three']) subscribe(key, listOf(key, ['app/a']))
  await clock.advance(9_000)
  expect(sweeps).toEqual(['hangs 0'])
  await clock.advance(2_000)
  expect(new Set(sweeps.slice(1).map((line) => line.split(' ')[0]))).toEqual(new Set(['one', 'two', 'three']))
})

it('keeps the pace of one account over all its lists', async () => {
  const { clock, sweeps, listOf, subscribe } = poolOf()
  for (let at = 0; at < 20; at += 1) subscribe(`r${at}`, listOf(`list${at}`, ['app/a']))
  await clock.advance(INTERVAL / 2)
  const times = sweeps.map((line) => Number(line.split(' ')[1])).toSorted((one, other) => one - other)
  expect(times).toHaveLength(20)
  for (const [at, time] of times.entries()) if (at > 0) expect(time - (times[at - 1] ?? 0)).toBeGreaterThanOrEqual(50)
})

it('waits for a list no longer than asked, and then tells of its end', async () => {
  const { clock, pool, changed, listOf, subscribe } = poolOf()
  const connection = listOf('slow', ['app/a'], 60_000)
  subscribe('r', connection)
  const reading = pool.listing('r', connection.key, { withTags: false, waitMs: 5_000, signal: AbortSignal.any([]) })
  await clock.advance(5_000)
  expect(await reading).toBeUndefined()
  await clock.advance(60_000)
  expect(changed).toEqual(['r'])
})

it('gives up a list after five minutes', async () => {
  const { clock, pool, listOf, subscribe } = poolOf()
  subscribe('r', listOf('hangs', [], 10 * INTERVAL))
  await clock.advance(299_000)
  expect(pool.stats().failing).toBe(0)
  await clock.advance(2_000)
  expect(pool.stats().failing).toBe(1)
})
