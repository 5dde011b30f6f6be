import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AimdTokenBucket, RateLimits } from './rate-limit.ts'

/** Takes all available tokens every `stepMs`. */
function takeAll(bucket: AimdTokenBucket, fromMs: number, toMs: number, stepMs = 10): number[] {
  const taken: number[] = []
  for (let nowMs = fromMs; nowMs < toMs; nowMs += stepMs) while (bucket.tryTake(nowMs)) taken.push(nowMs)
  return taken
}

describe('AimdTokenBucket', () => {
  it('allows the burst at once, then the rate', () => {
    const bucket = new AimdTokenBucket({ maxPerSecond: 400 })
    expect(takeAll(bucket, 0, 10)).toHaveLength(50)
    expect(takeAll(bucket, 10, 10_010)).toHaveLength(4_000)
  })

  it('returns exactly when the next token is available', () => {
    const bucket = new AimdTokenBucket({ maxPerSecond: 4, burstShare: 0.25 })
    expect(bucket.tryTake(1_000)).toBe(true)
    expect(bucket.readyAtMs(1_000)).toBe(1_250)
    expect(bucket.tryTake(1_249)).toBe(false)
    expect(bucket.tryTake(1_250)).toBe(true)
  })

  it('stays below the published 450 in every second, under any load', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400 }), { maxLength: 60 }), (pauses) => {
        const bucket = new RateLimits().bucket({ account: 'a', region: 'r' })
        const taken: number[] = []
        let nowMs = 0
        for (const pauseMs of pauses) {
          nowMs += pauseMs
          while (bucket.tryTake(nowMs)) taken.push(nowMs)
        }
        for (const [index, atMs] of taken.entries()) {
          const within = taken.slice(index).filter((other) => other < atMs + 1_000).length
          expect(within).toBeLessThanOrEqual(450)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('halves the rate when throttled, at most once per second, and drops saved tokens', () => {
    const bucket = new AimdTokenBucket({ maxPerSecond: 400 })
    bucket.throttled(0)
    bucket.throttled(0)
    expect(bucket.perSecond(0)).toBe(200)
    expect(bucket.tryTake(0)).toBe(false)
    bucket.throttled(999)
    expect(bucket.perSecond(999)).toBeCloseTo(200 + 0.999 * 20)
    bucket.throttled(1_000)
    expect(bucket.perSecond(1_000)).toBeCloseTo(110)
  })

  it('recovers by a twentieth of the maximum per second, up to the maximum', () => {
    const bucket = new AimdTokenBucket({ maxPerSecond: 400 })
    bucket.throttled(0)
    expect([1_000, 5_000, 10_000, 60_000].map((nowMs) => bucket.perSecond(nowMs))).toEqual([220, 300, 400, 400])
  })

  it('allows the sum of the rising rate while it recovers', () => {
    const bucket = new AimdTokenBucket({ maxPerSecond: 400 })
    bucket.throttled(0)
    // From 200/s to 400/s in 10 s: 300/s on average.
    expect(takeAll(bucket, 0, 10_010)).toHaveLength(3_000)
  })

  it('never falls below one call per second', () => {
    const bucket = new AimdTokenBucket({ maxPerSecond: 4 })
    for (let second = 0; second < 20; second += 1) bucket.throttled(second * 1_000)
    expect(bucket.perSecond(19_000)).toBeGreaterThanOrEqual(1)
    expect(bucket.perSecond(19_000)).toBeLessThan(1.3)
  })

  it('accepts a configured limit below one per second', () => {
    const bucket = new AimdTokenBucket({ maxPerSecond: 0.5 })
    bucket.throttled(0)
    expect(bucket.perSecond(0)).toBe(0.5)
    expect(bucket.readyAtMs(0)).toBe(2_000)
  })

  it('ignores time that goes backwards', () => {
    const bucket = new AimdTokenBucket({ maxPerSecond: 1 })
    expect(bucket.tryTake(5_000)).toBe(true)
    expect(bucket.tryTake(4_000)).toBe(false)
    expect(bucket.tryTake(5_999)).toBe(false)
    expect(bucket.tryTake(6_000)).toBe(true)
  })

  it.each([[{ maxPerSecond: 0 }], [{ maxPerSecond: NaN }], [{ maxPerSecond: 1, burstShare: 0 }]])(
    'refuses %o',
    (options) => {
      expect(() => new AimdTokenBucket(options)).toThrow(RangeError)
    },
  )
})

describe('RateLimits', () => {
  it.each([0, Infinity])('does not limit with qps %s', (qps) => {
    const bucket = new RateLimits({ qps }).bucket({ account: 'a', region: 'r' })
    bucket.throttled(0)
    expect(Array.from({ length: 10_000 }, () => bucket.tryTake(0))).not.toContain(false)
    expect(bucket.readyAtMs(7)).toBe(7)
    expect(bucket.perSecond(0)).toBe(Infinity)
  })

  it('separates quotas by account and by region', () => {
    const limits = new RateLimits()
    const bucket = limits.bucket({ account: 'a', region: 'r' })
    expect(limits.bucket({ account: 'a', region: 'r' })).toBe(bucket)
    expect(limits.bucket({ account: 'b', region: 'r' })).not.toBe(bucket)
    expect(limits.bucket({ account: 'a', region: 's' })).not.toBe(bucket)
    bucket.throttled(0)
    expect(limits.rates(0).map(({ perSecond }) => perSecond)).toEqual([200, 400, 400])
  })

  it('lists a quota while it is used', () => {
    const limits = new RateLimits()
    const [a, b] = [
      { account: 'a', region: 'r' },
      { account: 'b', region: 'r' },
    ]
    for (const quota of [a, a, b]) limits.bucket(quota)
    const accounts = (): string[] => limits.rates(0).map(({ account }) => account)
    limits.release(a)
    expect(accounts()).toEqual(['a', 'b'])
    limits.release(a)
    expect(accounts()).toEqual(['b'])
    limits.bucket(a)
    expect(accounts().toSorted()).toEqual(['a', 'b'])
  })

  it('lists a quota under its account until its last name is unused', () => {
    const limits = new RateLimits()
    const [key, account] = [
      { account: 'LTAI5tKey', region: 'r' },
      { account: '1234', region: 'r' },
    ]
    limits.bucket(key)
    limits.bucket(account)
    limits.learn('LTAI5tKey', '1234')
    limits.release(account)
    expect(limits.rates(0).map(({ account: name }) => name)).toEqual(['1234'])
    limits.release(key)
    expect(limits.rates(0)).toEqual([])
  })

  it('keeps a halved rate after a release, so that using the quota again gives no new burst', () => {
    const limits = new RateLimits()
    const quota = { account: 'a', region: 'r' }
    limits.bucket(quota).throttled(0)
    limits.release(quota)
    expect(limits.rates(0)).toEqual([])
    const again = limits.bucket(quota)
    expect([again.perSecond(0), again.tryTake(0)]).toEqual([200, false])
  })

  it('drops released quotas once their rate has recovered', () => {
    const limits = new RateLimits()
    const quota = { account: 'a', region: 'r' }
    const bucket = limits.bucket(quota)
    bucket.throttled(0)
    limits.release(quota)
    limits.rates(30_000)
    expect(limits.bucket(quota)).not.toBe(bucket)
  })

  it('keeps a limited number of quotas', () => {
    const limits = new RateLimits({ maxBuckets: 2 })
    for (const account of ['a', 'b', 'c']) limits.bucket({ account, region: 'r' })
    expect(limits.rates(0).map(({ account }) => account)).toEqual(['b', 'c'])
  })

  describe('when an account is identified', () => {
    const [key, account] = [
      { account: 'LTAI5tKey', region: 'r' },
      { account: '1234', region: 'r' },
    ]

    it('keeps used tokens and a halved rate under the name of the account', () => {
      const limits = new RateLimits()
      const bucket = limits.bucket(key)
      bucket.throttled(0)
      limits.learn('LTAI5tKey', '1234')
      expect(limits.bucket(key)).toBe(bucket)
      expect(limits.bucket(account)).toBe(bucket)
      expect(limits.rates(0)).toEqual([{ ...account, perSecond: 200 }])
    })

    it('merges two buckets with the stricter limits', () => {
      const limits = new RateLimits()
      const held = limits.bucket(key)
      held.throttled(0)
      takeAll(limits.bucket(account), 0, 10)
      limits.learn('LTAI5tKey', '1234')
      const joined = limits.bucket(key)
      expect(limits.bucket(account)).toBe(joined)
      expect([joined.perSecond(0), joined.tryTake(0)]).toEqual([200, false])
      // Queued reads use the previous token: a token is issued once.
      expect([joined.tryTake(10), held.tryTake(10)]).toEqual([true, true])
      expect([joined.tryTake(10), held.tryTake(10)]).toEqual([false, false])
      // Responses to earlier requests belong to the same overload.
      joined.throttled(500)
      expect(joined.perSecond(500)).toBeCloseTo(200 + 0.5 * 20)
    })

    it('separates regions', () => {
      const limits = new RateLimits()
      limits.bucket({ ...key, region: 's' }).throttled(0)
      limits.bucket(key)
      limits.learn('LTAI5tKey', '1234')
      expect(limits.rates(0)).toEqual([
        { account: '1234', region: 's', perSecond: 200 },
        { account: '1234', region: 'r', perSecond: 400 },
      ])
    })

    it('separates an endpoint that is no name of the service, so that its owner cannot slow down the account', () => {
      const limits = new RateLimits()
      const elsewhere = { ...key, endpoint: 'kms.tenant.example' }
      limits.bucket(elsewhere).throttled(0)
      limits.bucket(key)
      limits.learn('LTAI5tKey', '1234')
      limits.bucket(elsewhere).throttled(2_000)
      expect(limits.bucket(account).perSecond(2_000)).toBe(400)
      expect(limits.bucket(elsewhere).perSecond(2_000)).toBeLessThan(200)
    })

    it('merges names of one account in any order', () => {
      const limits = new RateLimits()
      for (const name of ['a', 'b']) limits.learn(name, '1234')
      const [a, b] = ['a', 'b'].map((name) => limits.bucket({ account: name, region: 'r' }))
      expect(a).toBe(b)
    })

    it('keeps a limited number of names', () => {
      const limits = new RateLimits({ maxBuckets: 2 })
      for (const name of ['a', 'b', 'c']) limits.learn(name, '1234')
      const buckets = ['a', 'b', 'c'].map((name) => limits.bucket({ account: name, region: 'r' }))
      expect(buckets[1]).toBe(buckets[2])
      expect(buckets[0]).not.toBe(buckets[1])
    })
  })

  describe('with a share', () => {
    it('uses its share of the rate, and a larger one at once', () => {
      let share = 0.05
      const limits = new RateLimits({ shareOf: () => share })
      const bucket = limits.bucket({ account: 'a', region: 'r' })
      expect(bucket.perSecond(0)).toBe(20)
      share = 0.9
      limits.sharesChanged(1_000)
      expect(bucket.perSecond(1_000)).toBe(360)
      bucket.throttled(2_000)
      share = 1
      limits.sharesChanged(2_000)
      expect(bucket.perSecond(2_000)).toBe(180)
      expect(bucket.perSecond(60_000)).toBe(400)
    })

    it('uses the largest share of all names of an account', () => {
      const limits = new RateLimits({ shareOf: ({ account }) => (account === 'mine' ? 0.9 : 0.1) })
      const other = limits.bucket({ account: 'other', region: 'r' })
      expect(other.perSecond(0)).toBe(40)
      limits.bucket({ account: 'mine', region: 'r' })
      limits.learn('other', '1234')
      limits.learn('mine', '1234')
      limits.sharesChanged(0)
      expect(limits.rates(0)).toEqual([{ account: '1234', region: 'r', perSecond: 360 }])
    })

    it('limits a joined bucket by later shares, also for those that hold the former one', () => {
      let share = 1
      const limits = new RateLimits({ shareOf: () => share })
      const [held] = ['key', '1234'].map((name) => limits.bucket({ account: name, region: 'r' }))
      limits.learn('key', '1234')
      share = 0.1
      limits.sharesChanged(1_000)
      expect(held?.perSecond(60_000)).toBe(40)
      expect(limits.rates(60_000)).toEqual([{ account: '1234', region: 'r', perSecond: 40 }])
      share = 1
      limits.sharesChanged(61_000)
      expect(held?.perSecond(61_000)).toBe(400)
    })

    it('uses the larger share of two joined buckets at once, and keeps a halved rate', () => {
      const join = (throttled?: string): number[] => {
        const limits = new RateLimits({ shareOf: ({ account }) => (account === 'mine' ? 0.9 : 0.1) })
        const buckets = ['other', 'mine'].map((name) => limits.bucket({ account: name, region: 'r' }))
        if (throttled !== undefined) limits.bucket({ account: throttled, region: 'r' }).throttled(0)
        for (const name of ['other', 'mine']) limits.learn(name, '1234')
        return buckets.map((bucket) => bucket.perSecond(0))
      }
      expect([join(), join('mine'), join('other')]).toEqual([
        [360, 360],
        [180, 180],
        [20, 20],
      ])
    })

    it('uses the larger share of a further name at once', () => {
      const limits = new RateLimits({ shareOf: ({ account }) => (account === 'mine' ? 0.9 : 0.1) })
      for (const name of ['other', 'mine']) limits.learn(name, '1234')
      const bucket = limits.bucket({ account: 'other', region: 'r' })
      expect(bucket.perSecond(1_000)).toBe(40)
      limits.bucket({ account: 'mine', region: 'r' })
      expect(bucket.perSecond(1_000)).toBe(360)
    })
  })

  it('refuses a negative rate', () => expect(() => new RateLimits({ qps: -1 })).toThrow('qps'))
})
