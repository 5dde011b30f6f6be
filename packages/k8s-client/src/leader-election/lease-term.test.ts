import { ManualClock } from '@ack-secret-manager/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { instant, LeaseTerm } from './lease-term.ts'

const { signal } = new AbortController()

describe('LeaseTerm', () => {
  let clock: ManualClock
  let term: LeaseTerm

  beforeEach(() => {
    clock = new ManualClock()
    term = new LeaseTerm({ clock, renewDeadlineMs: 10_000, wonAt: instant(clock) })
  })

  it('is confirmed until the renew deadline, and again after a renewal', async () => {
    await clock.advance(9_999)
    expect(term.isConfirmed).toBe(true)
    term.renewed(instant(clock))
    await clock.advance(9_999)
    expect(term.isConfirmed).toBe(true)
    await clock.advance(1)
    expect(term.isConfirmed).toBe(false)
    await expect(term.confirmed(signal)).rejects.toMatchObject({ code: 'Cancelled' })
  })

  it.each([
    ['forward, as after a suspended virtual machine', 10_000],
    ['backward', -1],
  ])('waits for a renewal after the wall clock jumped %s', async (_way, byMs) => {
    clock.jumpWallClock(byMs)
    expect(term.isConfirmed).toBe(false)
    expect(term.signal.aborted).toBe(false)
    let isConfirmed = false
    const confirmed = term.confirmed(signal).then(() => (isConfirmed = true))
    await clock.advance(2_000)
    expect(isConfirmed).toBe(false)
    term.renewed(instant(clock))
    await confirmed
    expect(term.isConfirmed).toBe(true)
  })

  it('does not count a renewal that was sent before the wall clock jumped', async () => {
    const sentAt = instant(clock)
    clock.jumpWallClock(60_000)
    term.renewed(sentAt)
    expect(term.isConfirmed).toBe(false)
  })

  it('is not confirmed after the renew deadline, even if the wall clock jumped back', async () => {
    await clock.advance(10_000)
    clock.jumpWallClock(-5_000)
    expect(term.isConfirmed).toBe(false)
  })

  it('rejects waiting callers when it is lost', async () => {
    clock.jumpWallClock(60_000)
    const confirmed = term.confirmed(signal)
    term.lose('leadership lost')
    await expect(confirmed).rejects.toMatchObject({ code: 'Cancelled' })
    term.renewed(instant(clock))
    expect(term.isConfirmed).toBe(false)
  })

  it('ends the wait of a cancelled caller', async () => {
    clock.jumpWallClock(60_000)
    const stop = new AbortController()
    const confirmed = term.confirmed(stop.signal)
    stop.abort(new Error('given up'))
    await expect(confirmed).rejects.toThrow('given up')
  })

  it('lets writes finish until the renew deadline after a release', async () => {
    term.release()
    expect(term.signal.aborted).toBe(true)
    expect(term.isConfirmed).toBe(true)
    await clock.advance(10_000)
    expect(term.isConfirmed).toBe(false)
  })
})
