import { getEventListeners } from 'node:events'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import { FakeManager, Harness, synced } from '../testing/source-pool-harness.ts'

describe('values', () => {
  it('reads a new source at the first request, not before', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.subscribe('a', ['db'])
    await harness.clock.advance(600_000)
    expect(harness.manager.calls).toEqual([])
    expect(await harness.sync('a', ['db'])).toEqual({ db: 'v1' })
    expect(harness.manager.calls).toHaveLength(1)
    expect(harness.takeNotifications()).toEqual([])
  })

  it('makes one call for concurrent requests of one or several subscribers', async () => {
    await using harness = new Harness()
    harness.manager.latencyMs = 100
    harness.manager.change('db')
    for (const subscriber of ['a', 'b']) harness.subscribe(subscriber, ['db'])
    const values = [harness.values('a', ['db', 'db']), harness.values('b', ['db']), harness.values('a', ['db'])]
    await harness.clock.advance(100)
    expect(await Promise.all(values)).toEqual([{ db: 'v1' }, { db: 'v1' }, { db: 'v1' }])
    expect(harness.manager.calls).toHaveLength(1)
    expect(harness.takeNotifications()).toEqual([])
  })

  it('makes another call for a forced read, because the value of the read in flight may be older', async () => {
    await using harness = new Harness()
    harness.manager.latencyMs = 100
    harness.manager.change('db')
    for (const subscriber of ['a', 'b']) harness.subscribe(subscriber, ['db'])
    const before = harness.values('a', ['db'])
    await harness.clock.advance(50)
    harness.manager.change('db')
    const forced = harness.values('b', ['db'], true)
    await harness.clock.advance(150)
    expect(await Promise.all([before, forced])).toEqual([{ db: 'v2' }, { db: 'v2' }])
    expect(harness.manager.calls).toHaveLength(2)
  })

  it('gives all keys of one source the same reading, even if the secret changes meanwhile', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.subscribe('a', ['db', 'slow'])
    const [db, again] = harness.reads(['db', 'db'])
    if (!db || !again) throw new Error('two reads')
    const readings = await harness.pool.values('a', [db, again], { signal: AbortSignal.timeout(60_000) })
    expect(readings.size).toBe(1)
  })

  it('returns cached plaintext without a call, unless forced', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.subscribe('a', ['db'])
    await harness.values('a', ['db'])
    await harness.values('a', ['db'])
    expect(harness.manager.calls).toHaveLength(1)
    await harness.values('a', ['db'], true)
    expect(harness.manager.calls).toHaveLength(2)
  })

  it('caches a forced read until it is used', async () => {
    await using harness = await synced()
    await harness.values('a', ['db'])
    await harness.values('a', ['db'])
    expect(harness.manager.calls).toHaveLength(2)
    harness.pool.ack('a')
    expect(harness.pool.stats().holdingPlaintext).toBe(0)
  })

  it('leaves no listener on the signal', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.subscribe('a', ['db'])
    const { signal } = new AbortController()
    await harness.pool.values('a', harness.reads(['db']), { signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('combines known readings with new reads', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    await harness.sync('a', ['db', 'missing'])
    expect(await harness.sync('a', ['db', 'missing'])).toEqual({ db: 'v1', missing: 'NotFound' })
    expect(harness.manager.calls.map(({ name }) => name)).toEqual(['db', 'missing', 'db'])
  })

  it('rejects with the reason of its signal, and keeps the result of the read for the next request', async () => {
    await using harness = new Harness()
    harness.manager.latencyMs = 100
    harness.manager.change('db')
    harness.subscribe('a', ['db'])
    const caller = new AbortController()
    const values = harness.pool.values('a', harness.reads(['db']), { signal: caller.signal })
    caller.abort(new Error('too late'))
    await expect(values).rejects.toThrow('too late')
    await expect(harness.pool.values('a', harness.reads(['db']), { signal: caller.signal })).rejects.toThrow('too late')
    await harness.clock.advance(100)
    expect(await harness.values('a', ['db'])).toEqual({ db: 'v1' })
    expect(harness.manager.calls).toHaveLength(1)
  })

  it('rejects a caller that has not subscribed', async () => {
    await using harness = new Harness()
    harness.subscribe('a', ['db'])
    await expect(harness.values('b', ['db'])).rejects.toMatchObject({ code: 'Cancelled' })
    await expect(harness.values('a', ['other'])).rejects.toMatchObject({ code: 'Cancelled' })
  })

  it('overtakes waiting refreshes', async () => {
    await using harness = new Harness({ maxConcurrentReads: 1 })
    for (const name of ['x', 'y', 'new']) harness.manager.change(name)
    await harness.sync('a', ['x', 'y'])
    harness.manager.calls.length = 0
    harness.manager.latencyMs = 1_000
    harness.pool.refreshNow('a')
    harness.subscribe('b', ['new'])
    const values = harness.values('b', ['new'])
    await harness.clock.advance(3_000)
    await values
    expect(harness.manager.calls.map(({ name }) => name)).toEqual(['x', 'new', 'y'])
  })
})

describe('changes', () => {
  it('are not notified if a refresh returns the known value', async () => {
    await using harness = await synced()
    await harness.clock.advance(1_200_000)
    expect(harness.manager.calls).toHaveLength(11)
    expect(harness.takeNotifications()).toEqual([])
    expect(harness.observed).toEqual(['changed', ...Array.from({ length: 10 }, () => 'unchanged')])
  })

  it.each([
    ['a new version', { text: 'new' }, 2],
    ['a new version with the same content', { text: 'old' }, 2],
    ['new content under the same version id', { text: 'new' }, 1],
  ])('notify every subscriber once of %s, without a call besides the refresh', async (_name, secret, version) => {
    await using harness = new Harness()
    harness.manager.secrets.set('db', { version: 1, text: 'old' })
    for (const subscriber of ['a', 'b']) await harness.sync(subscriber, ['db'])
    harness.manager.calls.length = 0
    harness.manager.secrets.set('db', { ...secret, version })
    await harness.clock.advance(120_000)
    expect(harness.takeNotifications()).toEqual(['a value db', 'b value db'])
    for (const subscriber of ['a', 'b']) expect(await harness.sync(subscriber, ['db'])).toEqual({ db: `v${version}` })
    expect(harness.manager.calls).toHaveLength(1)
    await harness.clock.advance(240_000)
    expect(harness.takeNotifications()).toEqual([])
  })

  it('notify the others of a change that one subscriber has read', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    for (const subscriber of ['a', 'b']) await harness.sync(subscriber, ['db'])
    harness.manager.change('db')
    expect(await harness.sync('a', ['db'])).toEqual({ db: 'v2' })
    expect(harness.takeNotifications()).toEqual(['b value db'])
  })

  it('are not notified to a new subscriber, which reads anyway', async () => {
    await using harness = await synced()
    harness.subscribe('new', ['db'])
    harness.manager.change('db')
    await harness.clock.advance(120_000)
    expect(harness.takeNotifications()).toEqual(['a value db'])
    expect(await harness.values('new', ['db'])).toEqual({ db: 'v2' })
  })

  it('notify a subscriber that waits for another source', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.manager.faults.set('slow', 'hang')
    harness.subscribe('a', ['db', 'slow'], 5_000)
    const values = harness.values('a', ['db', 'slow'])
    await harness.clock.advance(0)
    harness.manager.change('db')
    await harness.clock.advance(11_000)
    expect(await values).toEqual({ db: 'v1', slow: 'Timeout' })
    expect(harness.takeNotifications()).toEqual(['a value db'])
  })

  it('continue when a listener throws, which becomes an uncaught exception', async () => {
    const uncaught: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => uncaught.push(error))
    try {
      await using harness = new Harness({
        onChange: () => {
          throw new Error('of the listener')
        },
      })
      harness.manager.change('db')
      await harness.sync('a', ['db'])
      harness.manager.change('db')
      await harness.clock.advance(240_000)
      expect(uncaught).toEqual([new Error('of the listener')])
      expect(harness.manager.calls).toHaveLength(3)
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    }
  })
})

describe('subscriptions', () => {
  it('drop sources without subscribers, and cancel their reads without counting them as failures', async () => {
    await using harness = new Harness()
    for (const name of ['db', 'kept']) harness.manager.faults.set(name, 'hang')
    harness.subscribe('a', ['db', 'kept'])
    harness.subscribe('b', ['kept'])
    const [lost, kept] = [harness.values('a', ['db']), harness.values('b', ['kept'])]
    const outcome = failureOf(lost)
    await harness.clock.advance(0)
    harness.subscribe('a', ['kept'])
    expect(await outcome).toMatchObject({ code: 'Cancelled' })
    expect(harness.pool.stats()).toMatchObject({ sources: 1, inFlight: 1, failing: 0 })
    expect(harness.manager.underWay('db')).toBe(0)
    harness.manager.faults.clear()
    await harness.clock.advance(11_000)
    expect(await kept).toEqual({ kept: 'Timeout' })
    expect(harness.observed).toEqual(['Cancelled', 'Timeout'])
    expect(harness.takeNotifications()).toEqual([])
  })

  it('reject only the waiting subscriber that leaves, and deliver the value to the others', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.manager.latencyMs = 100
    for (const subscriber of ['a', 'b']) harness.subscribe(subscriber, ['db'])
    const outcome = failureOf(harness.values('a', ['db']))
    const values = harness.values('b', ['db'])
    harness.pool.unsubscribe('a')
    expect(await outcome).toMatchObject({ code: 'Cancelled' })
    await harness.clock.advance(100)
    expect(await values).toEqual({ db: 'v1' })
  })

  it('replace the connection: the next read uses it, and a failure of the old one is ignored', async () => {
    await using harness = new Harness()
    harness.manager.faults.set('db', 'hang')
    harness.subscribe('a', ['db'])
    const values = harness.values('a', ['db'])
    await harness.clock.advance(5_000)
    const replacement = new FakeManager(harness.clock)
    replacement.change('db')
    harness.pool.subscribe('a', harness.reads(['db'], harness.connection('account', replacement)), 120_000)
    await harness.clock.advance(6_000)
    expect(await values).toEqual({ db: 'v1' })
    expect([harness.manager.calls.length, replacement.calls.length]).toEqual([1, 1])
    expect(harness.observed).toEqual(['Cancelled', 'changed'])
  })

  it('are refused with an invalid interval', async () => {
    await using harness = new Harness()
    expect(() => harness.subscribe('a', ['db'], 0)).toThrow('intervalMs')
  })
})

describe('close', () => {
  it('aborts reads, fails pending requests, leaves no timer, and makes no more calls', async () => {
    const harness = new Harness()
    harness.manager.change('db')
    await harness.sync('a', ['db'])
    harness.manager.faults.set('slow', 'hang')
    harness.subscribe('b', ['slow'])
    const outcome = failureOf(harness.values('b', ['slow']))
    await harness.clock.advance(0)
    await harness.pool.close()
    expect(await outcome).toMatchObject({ code: 'Cancelled' })
    expect(harness.clock.pending.size).toBe(0)
    expect(harness.pool.stats()).toEqual({
      sources: 0,
      failing: 0,
      holdingPlaintext: 0,
      maxAgeMs: 0,
      maxOverdueMs: { platform: 0, tenant: 0 },
      inFlight: 0,
      waiting: 0,
      waitingForStore: 0,
      circuits: [],
    })
    await expect(harness.sync('a', ['db'])).rejects.toMatchObject({ code: 'Cancelled' })
    harness.pool.hint('db')
    harness.pool.refreshNow('a')
    harness.pool.retryFailed('a')
    await harness.clock.advance(600_000)
    expect(harness.manager.calls).toHaveLength(2)
    expect(harness.takeNotifications()).toEqual([])
  })
})

it('subscribers that leave together start no reads for each other', async () => {
  const harness = new Harness({ maxConcurrentReads: 1 })
  const names = Array.from({ length: 100 }, (_, index) => `db-${index}`)
  const outcomes = names.map(async (name) => {
    harness.manager.faults.set(name, 'hang')
    harness.subscribe(`a/${name}`, [name])
    return failureOf(harness.values(`a/${name}`, [name]))
  })
  const called = () => harness.manager.calls.map(({ name }) => name)
  await harness.clock.advance(0)
  expect([called(), harness.pool.stats().waiting]).toEqual([['db-0'], 99])
  for (const name of names.slice(0, 50)) harness.pool.unsubscribe(`a/${name}`)
  await harness.clock.advance(1_000)
  expect(called()).toEqual(['db-0', 'db-50'])
  await harness.pool.close()
  for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ code: 'Cancelled' })
  expect(called()).toEqual(['db-0', 'db-50'])
})

it('peek and stats return the known state', async () => {
  await using harness = new Harness()
  harness.manager.change('db')
  await harness.sync('a', ['db', 'missing'])
  await harness.clock.advance(30_000)
  const [db, missing, never] = harness.reads(['db', 'missing', 'never']).map(({ key }) => harness.pool.peek(key))
  expect([db?.versionId, db?.error]).toEqual(['v1', undefined])
  expect(missing).toMatchObject({ versionId: undefined, ageMs: undefined, error: { code: 'NotFound' } })
  expect(never).toBeUndefined()
  expect(harness.pool.stats()).toMatchObject({ sources: 2, failing: 1, inFlight: 0, waiting: 0, maxAgeMs: 30_000 })
  expect(harness.pool.stats().maxOverdueMs.platform).toBe(0)
  harness.manager.faults.set('db', 'hang')
  await harness.clock.advance(600_000)
  const { maxAgeMs, maxOverdueMs } = harness.pool.stats()
  expect(maxAgeMs - maxOverdueMs.platform).toBe(120_000)
  expect(maxOverdueMs.platform).toBeGreaterThan(0)
})

it.each([
  ['an outage', 'Unavailable', 480],
  ['a rejected credential', 'Unauthenticated', 0],
  ['a denied secret', 'AccessDenied', 0],
  ['a malformed name', 'InvalidSpec', 0],
  ['a NotFound', 'NotFound', 0],
] as const)(
  'a value that was never read is overdue only during an outage, since the first failure: %s',
  async (_what, code, seconds) => {
    await using harness = new Harness()
    harness.manager.faults.set('db', { code })
    await harness.clock.advance(60_000)
    await harness.sync('a', ['db'])
    await harness.clock.advance(600_000)
    expect(harness.pool.stats().maxOverdueMs.platform).toBe(seconds * 1_000)
    harness.manager.faults.clear()
    harness.manager.change('db')
    await harness.clock.advance(300_000)
    expect(harness.pool.stats().maxOverdueMs.platform).toBe(0)
  },
)

it.each(['NotFound', 'AccessDenied', 'Unauthenticated', 'InvalidSpec'] as const)(
  'a value is not overdue while its manager returns %s',
  async (code) => {
    await using harness = await synced()
    harness.manager.faults.set('db', { code })
    await harness.clock.advance(600_000)
    expect(harness.pool.stats().maxOverdueMs.platform).toBe(0)
  },
)

it.each([
  ['that one of several namespaces uses', ['one/db'], { platform: 0, tenant: 480_000 }],
  ['that two namespaces use', ['one/db', 'one/web', 'two/db'], { platform: 480_000, tenant: 0 }],
])('the outage of an endpoint %s has its own figure', async (_what, subscribers, overdueMs) => {
  await using harness = new Harness()
  harness.manager.change('fine')
  await harness.sync('three/fine', ['fine'])
  const broken = harness.reads(['db']).map((read) => ({
    ...read,
    connection: { ...read.connection, key: 'broken', endpoint: 'broken.example' },
  }))
  harness.manager.faults.set('db', { code: 'Unavailable' })
  for (const subscriber of subscribers) harness.pool.subscribe(subscriber, broken, 120_000)
  await harness.pool.values(subscribers[0] ?? '', broken, { signal: new AbortController().signal })
  await harness.clock.advance(600_000)
  expect(harness.pool.stats().maxOverdueMs).toEqual(overdueMs)
})

it('an absent value is overdue in an outage since the last NotFound', async () => {
  await using harness = await synced()
  harness.manager.faults.set('db', { code: 'NotFound' })
  await harness.clock.advance(86_400_000)
  const goneMs = harness.manager.callsOf('db').at(-1) ?? NaN
  harness.manager.faults.set('db', { code: 'Unavailable' })
  await harness.clock.advance(600_000)
  expect(harness.pool.stats().maxAgeMs).toBe(harness.clock.monotonic() - goneMs)
})

it.each(['readTimeoutMs', 'maxConcurrentReads', 'staleAfterIntervals', 'plaintextRetentionMs', 'hintMinIntervalMs'])(
  'refuses %s: 0',
  (name) => expect(() => new Harness({ [name]: 0 })).toThrow(name),
)

describe('onSubscribe', () => {
  it('reports the connections of a subscriber when they may have changed', async () => {
    const notifications: Array<[string, ...string[]]> = []
    await using harness = new Harness({ onSubscribe: (subscriber, keys) => notifications.push([subscriber, ...keys]) })
    harness.subscribe('a', ['db', 'other'])
    const elsewhere = harness.reads(['db'], harness.connection('another'))
    harness.pool.subscribe('a', [...harness.reads(['db']), ...elsewhere], undefined)
    harness.pool.unsubscribe('a')
    expect(notifications).toEqual([
      ['a', 'connection of account'],
      ['a', 'connection of account', 'connection of another'],
      ['a'],
    ])
  })
})
