import { defined, type ListedSecret, type SecretBackend, SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it, onTestFinished } from 'vitest'
import { connectionOf } from '../testing/fixtures.ts'
import { SweepPool, type SweepPoolOptions } from './sweep-pool.ts'

const INTERVAL = 120_000

type Quota = ReturnType<typeof connectionOf>['quota']

/** A pool whose connections list `names`, after `delayMs` for each page. */
function poolOf({ maxMemoryMib, quotaOf }: Pick<SweepPoolOptions, 'maxMemoryMib' | 'quotaOf'> = {}) {
  const clock = new ManualClock()
  const sweeps: string[] = []
  const changed: string[] = []
  const onChange = (keys: readonly string[]): void => void changed.push(...keys)
  const pool = new SweepPool({ clock, random: () => 0.5, onChange, ...defined({ maxMemoryMib, quotaOf }) })
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
      [
        {
          connection,
          withTags: false,
          filterId: prefix,
          mayFind: (name) => name.startsWith(prefix),
          hasTags: () => true,
        },
      ],
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

it('spends at most a quarter of the time on sweeps for hints', async () => {
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

it('lets other lists of the account begin after 25 seconds of one that never ends', async () => {
  const { clock, sweeps, listOf, subscribe } = poolOf()
  const endless = listOf('endless', [])
  endless.backend.list = async ({ cursor = '0' }) => ({ items: [{ name: 'a' }], next: String(Number(cursor) + 1) })
  subscribe('a', endless)
  for (const key of ['one', 'two', 'three']) subscribe(key, listOf(key, ['app/a']))
  await clock.advance(24_000)
  expect(sweeps).toEqual([])
  await clock.advance(2_000)
  expect(new Set(sweeps.map((line) => line.split(' ')[0]))).toEqual(new Set(['one', 'two', 'three']))
})

it.each([
  ['of one identity', (quota: Quota) => quota, false],
  ['of several AccessKeys', (quota: Quota) => ({ ...quota, account: '1234567890123456' }), true],
])('keeps the pace of one account over all its lists %s', async (_of, quotaOf, hasKeys) => {
  const { clock, sweeps, listOf, subscribe } = poolOf({ quotaOf })
  for (let at = 0; at < 20; at += 1) {
    const list = listOf(`list${at}`, ['app/a'])
    subscribe(`r${at}`, hasKeys ? { ...list, quota: { ...list.quota, account: `key-${at}` } } : list)
  }
  await clock.advance(INTERVAL / 2)
  const times = sweeps.map((line) => Number(line.split(' ')[1])).toSorted((one, other) => one - other)
  expect(times).toHaveLength(20)
  for (const [at, time] of times.entries()) if (at > 0) expect(time - (times[at - 1] ?? 0)).toBeGreaterThanOrEqual(50)
})

it('waits for a list no longer than requested, and then notifies of its end', async () => {
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

it('notifies only resources whose find selects something else, and all of them when the list fails', async () => {
  const { clock, changed, listOf, subscribe, pool } = poolOf()
  const names = ['app/a']
  const failing = { current: false }
  const connection = listOf('one', names)
  const list = connection.backend.list?.bind(connection.backend)
  connection.backend.list = (options) =>
    failing.current ? Promise.reject(new SecretSyncError('AccessDenied', 'no permission')) : list!(options)
  for (const [name, prefix] of [
    ['a/app', 'app/'],
    ['a/same', 'app/'],
    ['b/lib', 'lib/'],
  ] as const) {
    subscribe(name, connection, prefix)
    await clock.advance(1)
    await pool.listing(name, 'one', { withTags: false, signal: AbortSignal.any([]) })
  }
  names.push('lib/x')
  await clock.advance(INTERVAL)
  expect(changed).toEqual(['b/lib'])
  await pool.listing('b/lib', 'one', { withTags: false, signal: AbortSignal.any([]) })
  names.push('app/x')
  await clock.advance(INTERVAL)
  expect(changed.splice(0)).toEqual(['b/lib', 'a/app', 'a/same'])
  failing.current = true
  await clock.advance(INTERVAL)
  expect(changed).toEqual(['a/app', 'a/same', 'b/lib'])
})

it('lets namespaces take turns, and starts a shared list with the first of its namespaces', async () => {
  const { clock, sweeps, listOf, subscribe } = poolOf()
  for (let at = 0; at < 50; at += 1) subscribe(`greedy/r${at}`, listOf(`greedy${at}`, [], 1_000))
  await clock.advance(500)
  subscribe('small/r', listOf('small', [], 1_000))
  const shared = listOf('shared', [], 1_000)
  subscribe('greedy/shared', shared)
  subscribe('other/shared', shared)
  const late = listOf('late', [], 1_000)
  subscribe('greedy/late', late)
  await clock.advance(100)
  subscribe('third/late', late)
  await clock.advance(5_000)
  const order = sweeps.map((line) => line.split(' ')[0])
  expect(order[0]).toBe('greedy0')
  expect(order.slice(1, 5)).toEqual(expect.arrayContaining(['small', 'shared', 'late']))
})

it('reports after five minutes why a list waits, keeps its place, and recovers', async () => {
  const { clock, pool, sweeps, changed, listOf, subscribe } = poolOf()
  const keys = Array.from({ length: 35 }, (_none, at) => `list${at}`)
  const read = (key: string) => pool.listing(`a/${key}`, key, { withTags: false, signal: AbortSignal.any([]) })
  for (const key of keys) subscribe(`a/${key}`, listOf(key, ['app/a'], 9_900))
  await clock.advance(300_500)
  const late = keys.filter((key) => !sweeps.some((line) => line.startsWith(`${key} `)))
  const [key = ''] = late
  expect((await read(key))?.error?.message).toBe(
    `listing secrets: waiting 300 s for its turn, with ${pool.stats().waiting} lists of the same account and region; let stores share an identity, so that they share one list, or raise the interval`,
  )
  await clock.advance((late.length + 1) * 10_000)
  expect(changed).toContain(`a/${key}`)
  const after = await read(key)
  expect([after?.error, after?.listing?.entries.size]).toEqual([undefined, 1])
})

it('waits for no turn if no resource needs the list any more', async () => {
  const { clock, pool, sweeps, listOf, subscribe } = poolOf()
  subscribe('a/hangs', listOf('hangs', [], 5_000))
  for (let at = 0; at < 10; at += 1) subscribe(`a/r${at}`, listOf(`list${at}`, []))
  await clock.advance(1_000)
  expect(pool.stats().waiting).toBe(10)
  for (let at = 0; at < 9; at += 1) pool.unsubscribe(`a/r${at}`)
  expect(pool.stats().waiting).toBe(1)
  await clock.advance(10_000)
  expect(sweeps.map((line) => line.split(' ')[0])).toEqual(['hangs', 'list9'])
})

it('keeps all lists within the limit: one that does not fit is refused, and one of a namespace with more is dropped', async () => {
  const { clock, pool, changed, listOf, subscribe } = poolOf({ maxMemoryMib: 1 })
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_none, at) => `app/${at}`)
  const read = (name: string) => pool.listing(name, name, { withTags: false, signal: AbortSignal.any([]) })
  subscribe('a/one', listOf('a/one', names(4_000)))
  subscribe('b/two', listOf('b/two', names(3_000)))
  await clock.advance(5_000)
  const used = pool.stats().bytes
  expect(used).toBeGreaterThan(7_000 * 100)
  expect([(await read('a/one'))?.error, (await read('b/two'))?.error]).toEqual([undefined, undefined])
  subscribe('c/big', listOf('c/big', names(5_000)))
  await clock.advance(5_000)
  expect((await read('c/big'))?.error?.message).toContain('--list-memory-mib')
  expect([changed, pool.stats()]).toMatchObject([[], { bytes: used, failing: 1 }])
  subscribe('d/small', listOf('d/small', names(2_900)))
  await clock.advance(5_000)
  expect((await read('d/small'))?.listing?.entries.size).toBe(2_900)
  expect(changed).toEqual(['a/one'])
  expect(await read('a/one')).toMatchObject({ listing: undefined, error: { code: 'TooLarge' } })
  expect(pool.stats().bytes).toBeLessThan(1024 * 1024)
  for (const name of ['a/one', 'b/two', 'c/big', 'd/small']) pool.unsubscribe(name)
  expect(pool.stats()).toMatchObject({ bytes: 0, lists: 0 })
})

it.each(Array.from({ length: 20 }, (_none, at) => at))(
  'ends a sweep with the error when another list takes its memory, %i microtasks later',
  async (microtasks) => {
    const { clock, pool, sweeps, listOf, subscribe } = poolOf({ maxMemoryMib: 1 })
    const read = (name: string) => pool.listing(name, name, { withTags: false, signal: AbortSignal.any([]) })
    const small = listOf('b/small', ['x'.repeat(400_000)], 5_000)
    const list = small.backend.list?.bind(small.backend)
    small.backend.list = async (options) => {
      const page = await list!(options)
      // oxlint-disable-next-line no-await-in-loop -- they follow each other
      for (let at = 0; at < microtasks; at += 1) await Promise.resolve()
      return page
    }
    subscribe('a/large', listOf('a/large', ['x'.repeat(800_000)], 5_000))
    subscribe('b/small', { ...small, quota: { ...small.quota, account: 'other' } })
    await clock.advance(6_000)
    const [large, other] = [await read('a/large'), await read('b/small')]
    expect([large?.listing?.entries.size, large?.error?.code]).toEqual([undefined, 'TooLarge'])
    expect(other?.listing?.entries.size).toBe(1)
    await clock.advance(INTERVAL)
    expect(sweeps.filter((line) => line.startsWith('a/large')).length).toBeGreaterThan(1)
  },
)

it('waits for the next sweep no longer than an hour, whatever the backend requests', async () => {
  const { clock, sweeps, listOf, subscribe } = poolOf()
  const connection = listOf('one', ['app/a'])
  const { backend } = connection
  backend.list = async () => {
    sweeps.push(`one ${clock.monotonic()}`)
    throw new SecretSyncError('AccessDenied', 'not yet', { facts: { retryAfterMs: 5 * 86_400_000 } })
  }
  subscribe('r', connection)
  await clock.advance(3_500_000)
  expect(sweeps).toEqual(['one 0'])
  await clock.advance(200_000)
  expect(sweeps).toHaveLength(2)
})
