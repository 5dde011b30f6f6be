import { type Clock, type SecretBackend, SecretSyncError } from '@ack-secret-manager/core'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import type { SourceRef } from '../model/source-reading.ts'
import { RateLimits } from './read-queue/rate-limit.ts'
import { Harness } from '../testing/source-pool-harness.ts'

describe('a backend that hangs', () => {
  it('is aborted at the timeout and retried', async () => {
    await using harness = new Harness({ readTimeoutMs: 3_000 })
    harness.manager.faults.set('db', 'hang')
    harness.subscribe('a', ['db'])
    const values = harness.values('a', ['db'])
    await harness.clock.advance(2_950)
    expect(harness.pool.stats().inFlight).toBe(1)
    harness.manager.change('db')
    await harness.clock.advance(50)
    expect(await values).toEqual({ db: 'Timeout' })
    expect([harness.pool.stats().inFlight, harness.manager.underWay('db')]).toEqual([0, 0])
    harness.manager.faults.clear()
    await harness.clock.advance(2_000)
    expect(harness.takeNotifications()).toEqual(['a value db'])
  })

  it('reports its own error if it gives up after 10 s', async () => {
    await using harness = new Harness()
    const { clock } = harness
    const timeout = new SecretSyncError('Timeout', 'KMS secret "db" at kms.example.com: no response')
    const slow: SecretBackend = {
      read: () => new Promise<never>((_resolve, reject) => clock.setTimeout(() => reject(timeout), 10_000)),
      close: async () => {},
    }
    const reads = harness.reads(['db'], harness.connection('slow', slow))
    harness.pool.subscribe('a', reads, 120_000)
    const values = harness.pool.values('a', reads, { signal: new AbortController().signal })
    await clock.advance(11_000)
    expect([...(await values).values()]).toMatchObject([{ error: { message: timeout.message } }])
  })

  it('and ignores the abort keeps no slot, and its late result is dropped', async () => {
    await using harness = new Harness({ maxConcurrentReads: 1 })
    let rejectRead: (error: Error) => void = () => undefined
    const late = new Promise<never>((_resolve, reject) => {
      rejectRead = reject
    })
    const deaf: SecretBackend = { read: () => late, close: async () => {} }
    const reads = harness.reads(['db'], harness.connection('deaf', deaf))
    harness.pool.subscribe('a', reads, 120_000)
    const values = harness.pool.values('a', reads, { signal: new AbortController().signal })
    await harness.clock.advance(11_000)
    expect([...(await values).values()]).toMatchObject([{ error: { code: 'Timeout' } }])
    rejectRead(new SecretSyncError('AccessDenied', 'late'))
    await harness.clock.advance(0)
    expect(reads.map(({ key }) => harness.pool.peek(key)?.error?.code)).toEqual(['Timeout'])
  })

  it('leaves slots to other quotas', async () => {
    await using harness = new Harness({ maxConcurrentReads: 8 })
    const names = Array.from({ length: 50 }, (_, index) => `hanging-${index}`)
    for (const name of names) harness.manager.faults.set(name, 'hang')
    harness.subscribe('a', names)
    const values = harness.values('a', names)
    const outcome = failureOf(values)
    const fine = harness.reads(['fine'], harness.connection('other'))
    harness.manager.change('fine')
    harness.pool.subscribe('b', fine, 120_000)
    const reading = harness.pool.values('b', fine, { signal: new AbortController().signal })
    expect([...(await reading).values()]).toMatchObject([{ kind: 'value' }])
    expect(harness.pool.stats()).toMatchObject({ inFlight: 3, waiting: 47 })
    await harness.pool.close()
    expect(await outcome).toMatchObject({ code: 'Cancelled' })
    expect(harness.manager.mostAtOnce.inAll).toBeLessThanOrEqual(8)
  })
})

describe('the rate limit', () => {
  it('is counted per call and shared by the sources of a quota', async () => {
    await using harness = new Harness({ rateLimits: new RateLimits({ qps: 400 }) })
    const names = Array.from({ length: 2_050 }, (_, index) => `db-${index}`)
    for (const name of names) harness.manager.change(name)
    harness.subscribe('a', names)
    const values = harness.values('a', names)
    await harness.clock.advance(0)
    expect(harness.manager.calls).toHaveLength(50)
    await harness.clock.advance(1_000)
    expect(harness.manager.calls).toHaveLength(450)
    await harness.clock.advance(4_000)
    expect(harness.manager.calls).toHaveLength(2_050)
    expect(Object.keys(await values)).toHaveLength(2_050)
  })

  it('halves when the manager throttles, and recovers', async () => {
    const rateLimits = new RateLimits({ qps: 400 })
    await using harness = new Harness({ rateLimits })
    harness.manager.faults.set('db', { code: 'Throttled' })
    await harness.sync('a', ['db'])
    const rate = (clock: Clock): number | undefined => rateLimits.rates(clock.monotonic())[0]?.perSecond
    expect(rate(harness.clock)).toBe(200)
    harness.manager.faults.clear()
    await harness.clock.advance(10_000)
    expect(rate(harness.clock)).toBe(400)
  })

  it('stays the same while the issuer of a credential throttles', async () => {
    const rateLimits = new RateLimits({ qps: 400 })
    await using harness = new Harness({ rateLimits })
    // A tenant can use up the quota of its own AccessKey at STS, and name a role of any account.
    harness.manager.faults.set('db', { code: 'Throttled', facts: { issuer: 'sts.cn-hangzhou.aliyuncs.com' } })
    await harness.sync('a', ['db'])
    expect(rateLimits.rates(harness.clock.monotonic())).toMatchObject([{ perSecond: 400 }])
  })

  it('is listed while a source uses it', async () => {
    const rateLimits = new RateLimits()
    await using harness = new Harness({ rateLimits })
    harness.manager.change('db')
    const accounts = (): string[] => rateLimits.rates(harness.clock.monotonic()).map(({ account }) => account)
    await harness.sync('a', ['db'])
    harness.pool.subscribe('b', harness.reads(['db'], harness.connection('other')), 120_000)
    expect(accounts().toSorted()).toEqual(['account', 'other'])
    harness.pool.unsubscribe('a')
    expect(accounts()).toEqual(['other'])
    harness.pool.unsubscribe('b')
    expect(accounts()).toEqual([])
  })
})

describe('a store that allows five reads per second', () => {
  it('never exceeds its limit at any interval, and its namespaces take turns', async () => {
    await using harness = new Harness()
    for (const [namespace, count] of [
      ['many', 50],
      ['few', 2],
    ] as const) {
      const names = Array.from({ length: count }, (_, index) => `${namespace}-${index}`)
      for (const name of names) harness.manager.change(name)
      const budget = { store: 'shared', isShared: true, maxPerSecond: 5 }
      const reads = harness.reads(names).map((read) => ({ ...read, budget }))
      harness.pool.subscribe(`${namespace}/web`, reads, 1_000)
      const values = harness.pool.values(`${namespace}/web`, reads, { signal: new AbortController().signal })
      await Promise.all([values, harness.clock.advance(20_000)])
      harness.pool.ack(`${namespace}/web`)
    }
    harness.manager.calls.length = 0
    await harness.clock.advance(60_000)
    expect(harness.manager.calls.length).toBeGreaterThanOrEqual(299)
    expect(harness.manager.calls.length).toBeLessThanOrEqual(301)
    expect(harness.manager.callsOf('few-0').length).toBeGreaterThanOrEqual(55)
    expect(harness.pool.stats().waitingForStore).toBeGreaterThan(40)
  })

  const signal = new AbortController().signal
  const limited = (harness: Harness, names: readonly string[], maxPerSecond = 1): readonly SourceRef[] =>
    harness.reads(names).map((read) => ({ ...read, budget: { store: 'shared', isShared: true, maxPerSecond } }))
  const ask = (harness: Harness, subscriber: string, reads: readonly SourceRef[], intervalMs = 10_000): void => {
    for (const { ref } of reads) if (!harness.manager.secrets.has(ref.name)) harness.manager.change(ref.name)
    harness.pool.subscribe(subscriber, reads, intervalMs)
    // A test that ends earlier cancels it.
    harness.pool.values(subscriber, reads, { signal }).catch(() => undefined)
  }
  const named = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix}-${at}`)

  it('gives a namespace its share, regardless of its reads elsewhere', async () => {
    await using harness = new Harness({ rateLimits: new RateLimits({ qps: 400 }) })
    ask(harness, 'quiet/elsewhere', harness.reads(named('own', 200)))
    ask(harness, 'noisy/web', limited(harness, named('noisy', 384)))
    await harness.clock.advance(20_000)
    ask(harness, 'quiet/web', limited(harness, ['wanted']))
    await harness.clock.advance(5_000)
    expect(harness.manager.callsOf('wanted')).toHaveLength(1)
  })

  it.each([
    ['one resource that is edited', () => 'evil/web', false],
    ['one resource that is deleted and created again', () => 'evil/web', true],
    ['a growing number of resources', (index: number) => `evil/${index}`, false],
  ])('does not give more to %s', async (_what, subscriberOf, leaves) => {
    await using harness = new Harness({ rateLimits: new RateLimits({ qps: 400 }) })
    for (const [index, name] of named('new', 100).entries()) {
      ask(harness, subscriberOf(index), limited(harness, [name]))
      await harness.clock.advance(10)
      if (leaves) harness.pool.unsubscribe(subscriberOf(index))
    }
    expect(harness.manager.calls.length).toBeLessThanOrEqual(2)
  })

  it('allows the burst of a store that was unused for a while', async () => {
    await using harness = new Harness({ rateLimits: new RateLimits({ qps: 400 }) })
    ask(harness, 'shop/web', limited(harness, named('first', 16), 16))
    await harness.clock.advance(1)
    expect(harness.manager.calls).toHaveLength(2)
    harness.pool.unsubscribe('shop/web')
    await harness.clock.advance(10_000)
    ask(harness, 'shop/web', limited(harness, named('second', 16), 16))
    await harness.clock.advance(1)
    expect(harness.manager.calls).toHaveLength(4)
  })
})

describe('a secret that several stores read', () => {
  const names = Array.from({ length: 20 }, (_, at) => `db-${at}`)
  const join = (harness: Harness, subscriber: string, maxPerSecond: number | undefined): void => {
    const store = `${subscriber} kms`
    const limit = maxPerSecond === undefined ? {} : { budget: { store, isShared: false, maxPerSecond } }
    const reads = harness.reads(names).map((read) => ({ ...read, ...limit }))
    harness.pool.subscribe(subscriber, reads, 10_000)
    harness.pool.values(subscriber, reads, { signal: new AbortController().signal }).catch(() => undefined)
  }
  /** Calls in 100 s, once the reads that wait are done. */
  const calls = async (harness: Harness): Promise<number> => {
    await harness.clock.advance(30_000)
    harness.manager.calls.length = 0
    await harness.clock.advance(100_000)
    return harness.manager.calls.length
  }
  const start = (): Harness => {
    const harness = new Harness()
    for (const name of names) harness.manager.change(name)
    return harness
  }

  it.each([
    ['first', [1, undefined]],
    ['last', [undefined, 1]],
  ] as const)('has no limit while a store without one reads it, with the limited one planned %s', async (_, limits) => {
    await using harness = start()
    for (const maxPerSecond of limits) join(harness, maxPerSecond === undefined ? 'a/x' : 'b/y', maxPerSecond)
    expect(await calls(harness)).toBe(200)
    harness.pool.unsubscribe('b/y')
    expect(await calls(harness)).toBe(200)
  })

  it.each([
    ['first', [1, 4]],
    ['last', [4, 1]],
  ] as const)('has the higher limit until that store leaves, with the lower one planned %s', async (_, limits) => {
    await using harness = start()
    for (const maxPerSecond of limits) join(harness, `at-${maxPerSecond}/x`, maxPerSecond)
    expect(await calls(harness)).toBe(200)
    harness.pool.unsubscribe('at-4/x')
    expect(await calls(harness)).toBe(100)
    expect(harness.pool.stats().waitingForStore).toBeGreaterThan(5)
  })

  it('keeps its limit when a resource changes its interval or leaves, and loses it when the store does', async () => {
    await using harness = start()
    for (const subscriber of ['a/x', 'b/y']) join(harness, subscriber, 1)
    harness.pool.changeInterval('a/x', 10_001)
    harness.pool.unsubscribe('b/y')
    expect(await calls(harness)).toBe(100)
    join(harness, 'a/x', undefined)
    expect(await calls(harness)).toBe(200)
  })
})

describe('a secret that namespaces share', () => {
  const signal = new AbortController().signal

  it.each([
    ['stays', false],
    ['leaves', true],
  ])('is read at its interval when one of its readers floods the queue and %s', async (_what, leaves) => {
    await using harness = new Harness({ rateLimits: new RateLimits({ qps: 10 }) })
    harness.manager.change('shared')
    await harness.sync('quiet/web', ['shared'], 10_000)
    harness.subscribe('evil/once', ['shared'], 3_600_000)
    const once = harness.values('evil/once', ['shared'], true)
    await Promise.all([once, harness.clock.advance(200)])
    harness.pool.ack('evil/once')
    if (leaves) harness.pool.unsubscribe('evil/once')
    const before = harness.manager.callsOf('shared').length
    for (let second = 0; second < 300; second += 1) {
      if (second % 20 === 0) {
        const subscriber = `evil/flood-${second % 40}`
        const reads = harness.reads(Array.from({ length: 300 }, (_, at) => `unknown-${second}-${at}`))
        harness.pool.subscribe(subscriber, reads, 3_600_000)
        harness.pool.values(subscriber, reads, { signal }).catch(() => undefined)
      }
      await harness.clock.advance(1_000)
    }
    expect(harness.manager.callsOf('shared').length - before).toBeGreaterThanOrEqual(29)
  })

  it('does not wait for the turn of a removed reader', async () => {
    await using harness = new Harness({ rateLimits: new RateLimits({ qps: 10 }) })
    harness.manager.change('shared')
    for (let index = 0; index < 300; index += 1) {
      harness.subscribe(`evil/${index}`, [`many-${index}`], 3_600_000)
      harness.values(`evil/${index}`, [`many-${index}`], true).catch(() => undefined)
    }
    for (const subscriber of ['evil/web', 'quiet/web']) harness.subscribe(subscriber, ['shared'], 3_600_000)
    harness.values('evil/web', ['shared'], true).catch(() => undefined)
    harness.pool.unsubscribe('evil/web')
    await harness.clock.advance(1_000)
    expect(harness.manager.callsOf('shared')).toHaveLength(1)
  })
})
