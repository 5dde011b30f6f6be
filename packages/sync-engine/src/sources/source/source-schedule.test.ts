import { SecretSyncError } from '@ack-secret-manager/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { SourceSchedule } from './source-schedule.ts'

const INTERVAL_MS = 60_000
const outage = new SecretSyncError('Unavailable', 'down')

describe('SourceSchedule', () => {
  let schedule: SourceSchedule
  const dueMs = (isReading = false): number => schedule.dueMs({ isReading })
  const takeDue = (nowMs: number, isReading = false): boolean =>
    schedule.takeDue(nowMs, { isReading, intervalMs: INTERVAL_MS, mayWaitMs: 0 })

  beforeEach(() => {
    schedule = new SourceSchedule('key', { retry: { baseMs: 1_000, maxMs: 8_000 }, random: () => 0 })
    schedule.onResponse(0, INTERVAL_MS)
  })

  it('is due once per interval', () => {
    const firstMs = dueMs()
    expect([takeDue(firstMs - 1), takeDue(firstMs), takeDue(firstMs)]).toEqual([false, true, false])
    expect(dueMs()).toBe(firstMs + INTERVAL_MS)
  })

  it('backs off from the grid after a failure until a response', () => {
    const gridMs = dueMs()
    schedule.backOff(outage, 0)
    expect(dueMs()).toBeLessThanOrEqual(1_000)
    expect(schedule.isBackingOff).toBe(true)
    schedule.queued()
    expect([schedule.isBackingOff, dueMs()]).toEqual([false, Infinity])
    schedule.onResponse(500, INTERVAL_MS)
    expect(dueMs()).toBe(gridMs)
  })

  it('ends the pause that the secret manager requested at its next response', () => {
    schedule.backOff(new SecretSyncError('Throttled', 'slow', { facts: { retryAfterMs: 600_000 } }), 0)
    schedule.onResponse(500, INTERVAL_MS)
    schedule.backOff(outage, 1_000)
    expect(dueMs()).toBe(2_000)
  })

  it('counts failures, unless they come during the backoff', () => {
    const pauseMs = (nowMs: number): number => {
      schedule.backOff(outage, nowMs)
      return Math.ceil((dueMs() - nowMs) / 1_000)
    }
    expect([pauseMs(0), pauseMs(500), pauseMs(1_000), pauseMs(3_000)]).toEqual([1, 1, 2, 4])
    schedule.onResponse(10_000, INTERVAL_MS)
    expect(pauseMs(10_000)).toBe(1)
  })

  it('pauses at most about twice as long as the source has failed, however many reads that were', () => {
    const draws = [0.9, 0.9, 0.9, 0.9]
    const retry = { baseMs: 1_000, maxMs: 300_000 }
    schedule = new SourceSchedule('key', { retry, random: () => draws.shift() ?? 0 })
    let nowMs = 0
    for (let reads = 0; reads < 4; reads += 1) {
      schedule.backOff(outage, nowMs)
      nowMs = dueMs()
    }
    schedule.backOff(outage, nowMs)
    expect(dueMs()).toBe(nowMs + 2 * (1_000 + nowMs))
  })

  it.each([
    ['a queued read', () => schedule.queued()],
    ['a response', () => schedule.onResponse(0, INTERVAL_MS)],
    ['a failure of its own, which backs off', () => schedule.backOff(outage, 0)],
  ])('holds a source until %s', (_end, end) => {
    schedule.hold()
    expect([schedule.isBackingOff, dueMs()]).toEqual([true, Infinity])
    end()
    schedule.queued()
    expect(schedule.isBackingOff).toBe(false)
  })

  it('is no longer held after a failure', () => {
    schedule.hold()
    schedule.backOff(outage, 0)
    expect(dueMs()).toBeLessThanOrEqual(1_000)
  })

  it('makes a requested read wait for the read in flight, which does not satisfy it', () => {
    schedule.request(5_000, 100)
    expect([dueMs(), dueMs(true)]).toEqual([100, expect.any(Number)])
    expect([takeDue(100, true), takeDue(100), takeDue(100)]).toEqual([false, true, false])
    schedule.request(5_000, 200)
    expect(dueMs()).toBe(5_100)
    schedule.began()
    expect(dueMs()).toBeGreaterThan(5_100)
  })
})
