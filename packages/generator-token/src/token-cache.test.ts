import { isSecretSyncError, SecretSyncError, type TokenLife } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
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
  it('beyond which tokens of one identity are issued and not shared leave room for another identity', async () => {
    const { cache, get } = start({ maxTokensPerIdentity: 2, maxTokens: 3 })
    for (const purpose of ['1', '2', '3', '4']) await get({ purpose })
    expect(cache.size).toBe(2)
    expect((await get({ purpose: '1' })).text).toBe('token-1')
    expect((await get({ purpose: '4' })).text).toBe('token-5')
    expect((await get({ identity: 'b' })).text).toBe('token-6')
    expect((await get({ identity: 'b' })).text).toBe('token-6')
    await get({ identity: 'c' })
    expect([cache.size, (await get({ identity: 'c' })).text]).toEqual([3, 'token-8'])
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
    const { get } = start({ maxCallsPerIdentity: 2 })
    const waiting: (() => void)[] = []
    let running = 0
    let most = 0
    const slow = async (): Promise<Token> => {
      running += 1
      most = Math.max(most, running)
      await new Promise<void>((resolve) => waiting.push(resolve))
      running -= 1
      return { life: { issuedMs: 0, expiresMs: HOUR }, text: 'slow' }
    }
    const all = Promise.all(['1', '2', '3', '4', '5'].map((purpose) => get({ purpose }, slow)))
    expect((await get({ identity: 'b' })).text).toBe('token-1')
    expect(running).toBe(2)
    while (waiting.length > 0) {
      waiting.splice(0).forEach((resolve) => resolve())
      await new Promise(setImmediate)
    }
    expect([(await all).length, most]).toEqual([5, 2])
  })
})

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
