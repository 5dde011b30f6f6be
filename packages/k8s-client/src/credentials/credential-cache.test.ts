import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { CredentialCache } from './credential-cache.ts'
import type { KubeCredentials } from './kube-credentials.ts'

describe('CredentialCache', () => {
  let clock: ManualClock
  let loads: boolean[]
  let failure: Error | 'hang' | undefined
  /** As of a login command, whose token is kept unless it is rejected. */
  let isKept: boolean
  let sameServer: boolean
  let cache: CredentialCache

  beforeEach(() => {
    clock = new ManualClock()
    loads = []
    failure = undefined
    isKept = false
    sameServer = false
    cache = new CredentialCache({
      clock,
      maxAgeMs: 60_000,
      timeoutMs: 30_000,
      source: {
        description: 'a test',
        namespace: undefined,
        load: async ({ fresh }) => {
          loads.push(fresh)
          await Promise.resolve()
          if (failure === 'hang') return await new Promise<never>(() => {})
          if (failure) throw failure
          return {
            server: `https://server-${sameServer || (isKept && !fresh) ? 1 : loads.length}`,
            tls: {},
            headers: new Sensitive({}),
          }
        },
      },
    })
  })
  const server = async (credentials: Promise<KubeCredentials | undefined>): Promise<string | undefined> =>
    (await credentials)?.server

  it('loads once for concurrent callers', async () => {
    await Promise.all(Array.from({ length: 50 }, () => cache.current()))
    expect(loads).toEqual([false])
  })

  it('reports a source that throws an error of another class, without its message', async () => {
    failure = new TypeError('token canary')
    const message = 'loading credentials from a test: unexpected TypeError; this is a defect, please report it'
    await expect(cache.current()).rejects.toMatchObject({ code: 'Internal', message })
  })

  it('reloads credentials that have aged', async () => {
    await cache.current()
    await clock.advance(59_999)
    expect(await server(cache.current())).toBe('https://server-1')
    await clock.advance(1)
    expect(await server(cache.current())).toBe('https://server-2')
  })

  it('keeps its credentials after a failed reload, until they are rejected', async () => {
    const first = await cache.current()
    failure = new SecretSyncError('Unauthenticated', 'gone')
    await clock.advance(60_000)
    expect(await cache.current()).toBe(first)
    expect(await cache.current()).toBe(first)
    expect(loads).toHaveLength(2)
    await expect(cache.renew(first)).rejects.toBe(failure)
  })

  it('reloads once for all callers with the same rejected credentials', async () => {
    const first = await cache.current()
    const renewed = await Promise.all(Array.from({ length: 20 }, () => cache.renew(first)))
    expect(new Set(renewed.map((each) => each?.server))).toEqual(new Set(['https://server-2']))
    expect(loads).toEqual([false, true])
    expect(await server(cache.renew(first))).toBe('https://server-2')
    expect(loads).toHaveLength(2)
  })

  it('reloads rejected credentials at most every five seconds', async () => {
    const second = await cache.renew(await cache.current())
    if (!second) throw new Error('there is none')
    expect(await cache.renew(second)).toBeUndefined()
    await clock.advance(5_000)
    expect(await server(cache.renew(second))).toBe('https://server-3')
  })

  it('reads rejected credentials again after two seconds, without running login commands', async () => {
    sameServer = true
    const first = await cache.current()
    const second = await cache.renew(first)
    if (!second) throw new Error('there is none')
    await clock.advance(1_999)
    sameServer = false
    expect(await cache.renew(second)).toBeUndefined()
    await clock.advance(1)
    expect(await server(cache.renew(second))).toBe('https://server-3')
    expect(loads).toEqual([false, true, false])
  })

  it.each([
    ['during', false],
    ['after', true],
  ])('loads fresh ones once if they are rejected %s a reload that returns the same', async (_when, isLoaded) => {
    isKept = true
    const first = await cache.current()
    await clock.advance(60_000)
    const reload = cache.current()
    if (isLoaded) await reload
    const renewed = await Promise.all(Array.from({ length: 20 }, () => server(cache.renew(first))))
    expect(new Set(renewed)).toEqual(new Set(['https://server-3']))
    expect(loads).toEqual([false, false, true])
  })

  it('returns fresh ones to each caller, even if they are the same', async () => {
    sameServer = true
    const first = await cache.current()
    const second = await cache.renew(first)
    expect(second).not.toBe(first)
    expect(await cache.renew(first)).toBe(second)
    expect(loads).toEqual([false, true])
  })

  it('loads no fresh ones if the reload during which they are rejected returns others', async () => {
    const first = await cache.current()
    await clock.advance(60_000)
    const [, renewed] = await Promise.all([cache.current(), server(cache.renew(first))])
    expect([renewed, loads]).toEqual(['https://server-2', [false, false]])
  })

  describe('without a connection', () => {
    it('returns replaced credentials to all callers after one load', async () => {
      const first = await cache.current()
      await clock.advance(2_000)
      const reloaded = await Promise.all(Array.from({ length: 20 }, () => server(cache.reload(first))))
      expect(new Set(reloaded)).toEqual(new Set(['https://server-2']))
      expect(loads).toEqual([false, false])
    })

    it('returns nothing if they have not changed, and loads at most every two seconds', async () => {
      sameServer = true
      const first = await cache.current()
      for (let calls = 0; calls < 40; calls += 1) {
        await clock.advance(100)
        expect(await cache.reload(first)).toBeUndefined()
      }
      expect(loads).toHaveLength(1 + 2)
    })

    it('keeps its credentials while they cannot be loaded', async () => {
      const first = await cache.current()
      failure = new SecretSyncError('Unauthenticated', 'gone')
      await clock.advance(2_000)
      expect(await cache.reload(first)).toBeUndefined()
      expect(await cache.current()).toBe(first)
    })
  })

  it('has a deadline for loading', async () => {
    failure = 'hang'
    const current = cache.current().catch((error: unknown) => error)
    await clock.advance(30_000)
    expect(await current).toMatchObject({ code: 'Timeout', message: expect.stringContaining('a test') })
    failure = undefined
    expect(await server(cache.current())).toBe('https://server-2')
  })
})
