import { isSecretSyncError, SecretSyncError, type TokenLife } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import { MIN_SLOT_MS } from './call-slots.ts'
import { TokenCache, type TokenCacheOptions, type TokenCall, type TokenKey } from './token-cache.ts'

const HOUR = 3_600_000
const { signal } = new AbortController()

interface Token {
  readonly life: TokenLife
  readonly text: string
}

function start(options: TokenCacheOptions = {}) {
  const clock = new ManualClock()
  const calls: TokenCall[] = []
  const cache = new TokenCache({ clock, random: () => 0.5, onCall: (call) => calls.push(call), ...options })
  let issued = 0
  const issue = async (): Promise<Token> => {
    issued += 1
    return { life: { issuedMs: clock.now(), expiresMs: clock.now() + HOUR }, text: `token-${issued}` }
  }
  const get = (key: Partial<TokenKey> = {}, by: (o: { signal: AbortSignal }) => Promise<Token> = issue) =>
    cache.get({ kind: 'sts', identity: 'a', purpose: 'upload', ...key }, by, { what: 'assuming a role', signal })
  const codeOf = async (promise: Promise<unknown>): Promise<string> => {
    const thrown: unknown = await promise.then(
      () => 'none',
      (error: unknown) => error,
    )
    return isSecretSyncError(thrown) ? thrown.code : String(thrown)
  }
  return { clock, calls, cache, get, codeOf, issued: () => issued }
}

const away = (): Promise<never> => Promise.reject(new SecretSyncError('Unavailable', 'STS does not respond'))

describe('the limits', () => {
  it('beyond which tokens of one requester are issued and not shared leave room for another one', async () => {
    const { cache, get } = start({ maxTokensPerRequester: 2, maxTokens: 3, maxCallsPerIdentity: 100 })
    for (const purpose of ['1', '2', '3', '4']) await get({ purpose, requester: 'greedy' })
    expect(cache.size).toBe(2)
    expect((await get({ purpose: '1', requester: 'greedy' })).text).toBe('token-1')
    expect((await get({ purpose: '4', requester: 'greedy' })).text).toBe('token-5')
    expect((await get({ purpose: 'modest', requester: 'modest' })).text).toBe('token-6')
    expect((await get({ purpose: 'modest', requester: 'modest' })).text).toBe('token-6')
  })

  it('let the requester with the most tokens give way to another one once the cache is full', async () => {
    const { cache, get } = start({ maxTokens: 4, maxCallsPerIdentity: 100 })
    for (const purpose of ['1', '2', '3', '4']) await get({ purpose, requester: 'greedy' })
    for (const requester of ['b', 'c', 'd']) {
      const { text } = await get({ purpose: requester, requester })
      expect((await get({ purpose: requester, requester })).text).toBe(text)
    }
    expect(cache.size).toBe(4)
    // All have one token now, so none gives way.
    await get({ purpose: 'e', requester: 'e' })
    expect([cache.size, (await get({ purpose: 'b', requester: 'b' })).text]).toEqual([4, 'token-5'])
  })

  it('make room again once tokens are due and failures are over', async () => {
    const { cache, clock, get, codeOf } = start({ maxTokens: 2 })
    await get({ purpose: 'due' })
    expect(await codeOf(get({ purpose: 'failed' }, away))).toBe('Unavailable')
    expect(cache.size).toBe(2)
    await clock.advance((HOUR * 2) / 3)
    await get({ purpose: 'new' })
    expect([cache.size, (await get({ purpose: 'new' })).text]).toEqual([1, 'token-2'])
  })

  it('let an identity make only so many calls at once, and do not stop another one', async () => {
    const { clock, get } = start({ maxCallsPerIdentity: 2 })
    const { slow, running, finish } = slowCalls()
    const all = Promise.all(['1', '2', '3', '4', '5'].map((purpose) => get({ purpose, requester: purpose }, slow)))
    expect((await get({ identity: 'b' })).text).toBe('token-1')
    expect(running()).toBe(2)
    for (let round = 0; round < 3; round += 1) {
      finish()
      await clock.advance(MIN_SLOT_MS)
      expect(running()).toBeLessThanOrEqual(2)
    }
    expect(await all).toHaveLength(5)
  })

  it('let an identity make 20 calls per second', async () => {
    const { clock, get, issued } = start()
    const all = Promise.all(
      Array.from({ length: 100 }, (_, index) => get({ purpose: `${index}`, requester: `${index % 5}` })),
    )
    await clock.advance(0)
    expect(issued()).toBe(8)
    await clock.advance(4_000)
    expect(issued()).toBe(88)
    await clock.advance(1_000)
    await all
  })

  it('leave half of the calls of an identity to others while those of one requester hang', async () => {
    const { get } = start({ maxCallsPerIdentity: 4 })
    const { slow, running } = slowCalls()
    for (let index = 0; index < 500; index += 1)
      void get({ purpose: `${index}`, requester: 'greedy' }, slow).catch(() => undefined)
    expect((await get({ purpose: 'modest', requester: 'modest' })).text).toBe('token-1')
    expect(running()).toBe(2)
  })

  it('let a requester wait for one call of each other one, and not for all that they have', async () => {
    const { clock, get } = start({ maxCallsPerIdentity: 4 })
    const all = Array.from({ length: 40 }, (_, index) =>
      get({ purpose: `${index}`, requester: `busy-${Math.floor(index / 2)}` }),
    )
    let text: string | undefined
    const modest = get({ purpose: 'modest', requester: 'modest' }).then((token) => (text = token.text))
    await clock.advance(5 * MIN_SLOT_MS)
    // Four calls start at once, and then one of each of 18 requesters.
    expect(text).toBe('token-23')
    await clock.advance(5 * MIN_SLOT_MS)
    await Promise.all([...all, modest])
  })

  it('let requesters take turns, also for a token that another one waits for', async () => {
    const { clock, get } = start({ maxCallsPerIdentity: 2 })
    const greedy = Array.from({ length: 40 }, (_, index) => get({ purpose: `${index}`, requester: 'greedy' }))
    const modest = get({ purpose: '39', requester: 'modest' })
    await clock.advance(MIN_SLOT_MS)
    expect(['token-2', 'token-3']).toContain((await modest).text)
    await clock.advance(20_000)
    await Promise.all(greedy)
  })
})

/** Calls that end when `finish` says so. */
function slowCalls() {
  const waiting: (() => void)[] = []
  let running = 0
  const slow = async (): Promise<Token> => {
    running += 1
    await new Promise<void>((resolve) => waiting.push(resolve))
    running -= 1
    return { life: { issuedMs: 0, expiresMs: HOUR }, text: 'slow' }
  }
  return { slow, running: () => running, finish: () => waiting.splice(0).forEach((resolve) => resolve()) }
}

describe('a call', () => {
  it('that does not end fails after 20 seconds for all that wait', async () => {
    const { clock, get, codeOf } = start()
    let aborted: AbortSignal | undefined
    const hang = ({ signal: until }: { signal: AbortSignal }): Promise<never> => {
      aborted = until
      return new Promise(() => undefined)
    }
    const both = Promise.all([codeOf(get({}, hang)), codeOf(get({}, hang))])
    await clock.advance(20_001)
    expect([await both, aborted?.aborted]).toEqual([['Timeout', 'Timeout'], true])
  })

  it('that gets no slot within 20 seconds says so, and what to do', async () => {
    const { calls, clock, get } = start({ maxCallsPerIdentity: 2 })
    const { slow } = slowCalls()
    for (const requester of ['a', 'b']) void get({ purpose: requester, requester }, slow).catch(() => undefined)
    let called = 0
    const thrown = get({ purpose: 'c', requester: 'c' }, () => {
      called += 1
      return away()
    }).catch((error: unknown) => error)
    await clock.advance(20_001)
    expect(await thrown).toMatchObject({
      code: 'Throttled',
      message:
        'assuming a role: not called within 20 s, because other tokens of its identity came first; an identity makes 2 calls at once and 5 per second: use fewer tokens, or stores with other identities',
      facts: { waitedMs: 20_000 },
    })
    await clock.advance(60_000)
    expect([called, calls.map(({ result }) => result)]).toEqual([0, ['Timeout', 'Timeout', 'queued']])
  })

  it('that waits for its slot is cancelled when the cache is closed', async () => {
    const { cache, calls, clock, get, codeOf } = start({ maxCallsPerIdentity: 2 })
    const { slow } = slowCalls()
    const all = ['a', 'b', 'c'].map((requester) => codeOf(get({ purpose: requester, requester }, slow)))
    cache.close()
    expect(await Promise.all(all)).toEqual(['Cancelled', 'Cancelled', 'Cancelled'])
    await clock.advance(0)
    expect(calls.map(({ result }) => result)).toEqual(['Cancelled', 'Cancelled', 'Cancelled'])
  })

  it.each([
    ['an outage', 'Unavailable', undefined, 60_000],
    ['an outage for which the service requests a pause', 'Throttled', 120_000, 120_000],
    ['a throttling that lasts longer than a token', 'Throttled', 3_600_000, 300_000],
    ['a refusal', 'AccessDenied', undefined, 300_000],
  ] as const)('after %s is made again at the time that the error says', async (_name, code, retryAfterMs, pauseMs) => {
    const { clock, get } = start({ random: () => 0 })
    const failing = (): Promise<never> =>
      Promise.reject(new SecretSyncError(code, 'no', { facts: retryAfterMs === undefined ? {} : { retryAfterMs } }))
    const failed = (by = failing) =>
      get({}, by).catch((error: unknown) => (isSecretSyncError(error) ? error.facts.retryAfterMs : error))
    let lastMs: unknown
    for (let attempt = 0; attempt < 10; attempt += 1) {
      lastMs = await failed()
      await clock.advance(Number(lastMs))
    }
    expect(lastMs).toBe(pauseMs)
    await failed()
    await clock.advance(pauseMs - 1_000)
    let called = false
    const leftMs = await failed(() => {
      called = true
      return failing()
    })
    expect([leftMs, called]).toEqual([1_000, false])
    await clock.advance(1_000)
    expect((await get()).text).toBe('token-1')
  })

  it('that was cancelled with the store of its first requester is made again for others', async () => {
    const { get, codeOf } = start()
    const cancelled = (): Promise<never> => Promise.reject(new SecretSyncError('Cancelled', 'closed'))
    expect(await codeOf(get({}, cancelled))).toBe('Unavailable')
    expect((await get()).text).toBe('token-1')
  })

  it('reports its kind and result, also for a token that is not shared', async () => {
    const { calls, get, codeOf } = start({ maxTokens: 1 })
    await get()
    await get()
    expect(await codeOf(get({ kind: 'container-registry' }, away))).toBe('Unavailable')
    expect(calls).toEqual([
      { kind: 'sts', result: 'ok' },
      { kind: 'container-registry', result: 'Unavailable' },
    ])
  })

  it('is cancelled when the cache is closed, and none is made after', async () => {
    const { cache, get, codeOf, issued } = start()
    const pending = codeOf(get({}, () => new Promise(() => undefined)))
    cache.close()
    expect([await pending, await codeOf(get()), issued(), cache.size]).toEqual(['Cancelled', 'Cancelled', 0, 0])
  })
})

it('refuses a limit that is none', () => {
  expect(() => new TokenCache({ maxTokens: 0 })).toThrow('maxTokens: expected a whole number ≥ 1, got 0')
})
