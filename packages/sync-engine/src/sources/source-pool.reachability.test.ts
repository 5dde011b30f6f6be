import { describe, expect, it } from 'vitest'
import { Harness } from '../testing/source-pool-harness.ts'
import type { Reachability } from './circuit-breaker/reachability.ts'

const KEY = 'connection of account'
const names = ['a', 'b', 'c', 'd']

describe('reachability of a connection', () => {
  it('is known from the first response on, and notified once for each outage and its end', async () => {
    const notifications: unknown[] = []
    await using harness: Harness = new Harness({
      onReachability: (connection) => void notifications.push([connection, harness.pool.reachability(connection)]),
    })
    expect(harness.pool.reachability(KEY)).toBeUndefined()
    harness.subscribe('web', names, 30_000)
    expect([harness.pool.reachability(KEY), notifications]).toEqual([{ state: 'unknown' }, []])

    for (const name of names) harness.manager.change(name)
    await harness.sync('web', names, 30_000)
    expect(notifications.splice(0)).toEqual([[KEY, { state: 'reachable' }]])
    await harness.clock.advance(300_000)
    expect(notifications).toEqual([])

    const lastResponseMs = Math.max(...harness.manager.calls.map(({ atMs }) => atMs))
    for (const name of names) harness.manager.faults.set(name, { code: 'Unavailable' })
    await harness.clock.advance(600_000)
    const sinceMs = harness.manager.calls.find(({ atMs }) => atMs > lastResponseMs)?.atMs
    const wallMs = harness.clock.now() - harness.clock.monotonic()
    const outage = {
      state: 'unreachable',
      sinceMs: wallMs + (sinceMs ?? 0),
      lastResponseMs: wallMs + lastResponseMs,
    }
    expect(notifications.splice(0)).toEqual([[KEY, outage]])
    expect(harness.pool.reachability(KEY)).toEqual(outage)

    for (const name of names) harness.manager.faults.set(name, { code: 'AccessDenied' })
    await harness.clock.advance(60_000)
    expect(notifications.splice(0)).toEqual([[KEY, { state: 'reachable' }]])

    harness.pool.unsubscribe('web')
    expect(notifications).toEqual([[KEY, undefined]])
  })

  it('names the issuer of a credential that cannot be obtained, and the endpoint after that', async () => {
    const notifications: unknown[] = []
    await using harness: Harness = new Harness({
      onReachability: (connection) => void notifications.push(endpointOf(harness.pool.reachability(connection))),
    })
    const connection = { ...harness.connection(), endpoint: 'kms.example.com' }
    harness.manager.faults.set('a', { code: 'Unavailable', facts: { issuer: 'sts.example.com' } })
    harness.pool.subscribe('web', harness.reads(['a'], connection), 30_000)
    await Promise.all([harness.values('web', ['a']), harness.clock.advance(0)])
    expect(notifications).toEqual(['sts.example.com'])
    await harness.clock.advance(120_000)
    harness.manager.faults.set('a', { code: 'Timeout' })
    await harness.clock.advance(120_000)
    expect(notifications).toEqual(['sts.example.com', 'kms.example.com'])
    harness.manager.change('a')
    harness.manager.faults.delete('a')
    await harness.clock.advance(120_000)
    expect(notifications).toEqual(['sts.example.com', 'kms.example.com', undefined])
  })

  it('names the endpoint of an outage, and no last response if there was none', async () => {
    await using harness = new Harness()
    const connection = { ...harness.connection(), endpoint: 'kms.example.com' }
    harness.manager.faults.set('a', { code: 'Timeout' })
    harness.pool.subscribe('web', harness.reads(['a'], connection), 30_000)
    await Promise.all([harness.values('web', ['a']), harness.clock.advance(0)])
    expect(harness.pool.reachability(KEY)).toEqual({
      state: 'unreachable',
      endpoint: 'kms.example.com',
      sinceMs: harness.clock.now(),
    })
  })
})

function endpointOf(reachability: Reachability | undefined): string | undefined {
  return reachability?.state === 'unreachable' ? reachability.endpoint : undefined
}
