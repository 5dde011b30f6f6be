import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import { Harness } from '../testing/source-pool-harness.ts'

describe('plaintext', () => {
  it('is dropped once every subscriber has consumed it', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    for (const subscriber of ['a', 'b', 'leaving']) harness.subscribe(subscriber, ['db'])
    await harness.values('a', ['db'])
    const held: number[] = []
    const note = (): void => void held.push(harness.pool.stats().holdingPlaintext)
    note()
    harness.pool.ack('a')
    note()
    await harness.values('b', ['db'])
    harness.pool.ack('b')
    note()
    harness.pool.unsubscribe('leaving')
    note()
    expect(held).toEqual([1, 1, 1, 0])
    expect(harness.manager.calls).toHaveLength(1)
  })

  it('is not dropped by a reader of an older version', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.subscribe('a', ['db'])
    await harness.values('a', ['db'])
    harness.manager.change('db')
    await harness.clock.advance(120_000)
    harness.pool.ack('a')
    expect(harness.pool.stats().holdingPlaintext).toBe(1)
    expect(await harness.sync('a', ['db'])).toEqual({ db: 'v2' })
    expect(harness.pool.stats().holdingPlaintext).toBe(0)
    expect(harness.manager.calls).toHaveLength(2)
  })

  it('is dropped after its retention, even with readers left', async () => {
    await using harness = new Harness({ plaintextRetentionMs: 60_000 })
    harness.manager.change('db')
    harness.subscribe('a', ['db'], 'off')
    await harness.values('a', ['db'])
    await harness.clock.advance(59_950)
    expect(harness.pool.stats().holdingPlaintext).toBe(1)
    await harness.clock.advance(50)
    expect(harness.pool.stats().holdingPlaintext).toBe(0)
    expect(harness.clock.pending.size).toBe(0)
    expect(await harness.values('a', ['db'])).toEqual({ db: 'v1' })
    expect(harness.manager.calls).toHaveLength(2)
  })

  it('is not kept for a reader that no longer waits', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    for (const subscriber of ['a', 'leaving']) await harness.sync(subscriber, ['db'])
    const caller = new AbortController()
    const values = failureOf(harness.pool.values('leaving', harness.reads(['db']), { signal: caller.signal }))
    caller.abort(new Error('too late'))
    harness.pool.unsubscribe('leaving')
    await harness.clock.advance(0)
    expect(await values).toEqual(new Error('too late'))
    expect([harness.manager.calls.length, harness.pool.stats().holdingPlaintext]).toEqual([3, 0])
  })

  it('is delivered to a new subscriber if it is cached', async () => {
    await using harness = new Harness()
    harness.manager.change('db')
    harness.subscribe('a', ['db'])
    await harness.values('a', ['db'])
    harness.subscribe('new', ['db'])
    harness.pool.ack('a')
    expect(await harness.sync('new', ['db'])).toEqual({ db: 'v1' })
    expect([harness.manager.calls.length, harness.pool.stats().holdingPlaintext]).toEqual([1, 0])
  })
})
