import { beforeEach, describe, expect, it } from 'vitest'
import { SourceAge } from './source-age.ts'

const STALE_MS = 300

describe('SourceAge', () => {
  let age: SourceAge
  const fail = (nowMs: number, isOutage = true): void => {
    age.failed(nowMs, { isRefused: !isOutage })
    age.schedule(STALE_MS, { isOutage })
  }
  beforeEach(() => {
    age = new SourceAge()
  })

  it('counts from the last success, or else from the first failure', () => {
    expect([age.ageMs(10), age.isStale(10, STALE_MS)]).toEqual([undefined, false])
    fail(10)
    expect([age.ageMs(20), age.unconfirmedMs(20), age.isStale(309, STALE_MS), age.isStale(310, STALE_MS)]).toEqual([
      undefined,
      10,
      false,
      true,
    ])
    age.succeeded(400)
    expect([age.ageMs(450), age.unconfirmedMs(450), age.isStale(450, STALE_MS)]).toEqual([50, 50, false])
  })

  it('counts a refusal as a confirmation, but not an outage', () => {
    age.succeeded(0)
    fail(100)
    expect(age.unconfirmedMs(200)).toBe(200)
    fail(150, false)
    expect(age.unconfirmedMs(200)).toBe(50)
  })

  it('becomes stale once in an outage, and again in the next one', () => {
    age.succeeded(0)
    expect(age.staleMs).toBe(Infinity)
    fail(100)
    expect([age.staleMs, age.takeStale(299), age.takeStale(300), age.takeStale(301)]).toEqual([
      STALE_MS,
      false,
      true,
      false,
    ])
    fail(400)
    expect([age.isReported, age.staleMs]).toEqual([true, Infinity])
    age.succeeded(500)
    fail(600)
    expect([age.isReported, age.staleMs]).toEqual([false, 800])
  })

  it('does not become stale after a response of the secret manager', () => {
    age.succeeded(0)
    fail(100)
    fail(200, false)
    expect(age.staleMs).toBe(Infinity)
  })
})
