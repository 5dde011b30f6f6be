import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { CredentialCache } from './credential-cache.ts'
import type { KubeCredentials } from './kube-credentials.ts'

describe('CredentialCache', () => {
  let clock: ManualClock
  let loads: boolean[]
  let failure: Error | 'hang' | undefined
  let cache: CredentialCache

  beforeEach(() => {
    clock = new ManualClock()
    loads = []
    failure = undefined
    cache = new CredentialCache({
      clock,
      maxAgeMs: 60_000,
      source: {
        description: 'a test',
        namespace: undefined,
        load: async ({ fresh }) => {
          loads.push(fresh)
          await Promise.resolve()
          if (failure === 'hang') return await new Promise<never>(() => {})
          if (failure) throw failure
          return { server: `https://server-${loads.length}`, tls: {}, headers: new Sensitive({}) }
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

  it('has a deadline for loading', async () => {
    failure = 'hang'
    const current = cache.current().catch((error: unknown) => error)
    await clock.advance(30_000)
    expect(await current).toMatchObject({ code: 'Timeout', message: expect.stringContaining('a test') })
    failure = undefined
    expect(await server(cache.current())).toBe('https://server-2')
  })
})
