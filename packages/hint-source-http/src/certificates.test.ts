import { ManualClock } from '@ack-secret-manager/core/testing'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { EventBridge } from '@ack-secret-manager/test-support/event-bridge'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { beforeEach, describe, expect, it } from 'vitest'
import { CERTIFICATE_PAUSE_MS, MAX_CERTIFICATES, MAX_FETCHES_PER_MINUTE } from './internal/limits.ts'
import { eventOf, TestTarget } from './testing/test-target.ts'

const HOUR_MS = 3_600_000

const bridge = useFixture(async () => EventBridge.start(await issueServerCertificate(['127.0.0.1'])))
beforeEach(() => {
  bridge.fetched.length = 0
  bridge.respond = undefined
})

/** A target that has taken over one event. */
async function started(clock: ManualClock, by: EventBridge = bridge): Promise<TestTarget> {
  const target = new TestTarget(by, { clock })
  await target.receive()
  expect(await target.send(eventOf('first'), { timestampMs: clock.now() })).toBe(200)
  return target
}

const away = (by: EventBridge): void => {
  by.respond = (response) => response.destroy()
}

describe('a certificate that has verified an event', () => {
  it('is renewed every hour, without an event', async () => {
    const clock = new ManualClock(Date.now())
    await using target = await started(clock)
    await clock.advance(HOUR_MS - 1)
    expect(target.fetches).toHaveLength(1)
    await clock.advance(1)
    await target.fetched(2)
    await clock.advance(HOUR_MS)
    await target.fetched(3)
    const renewed = { failures: 0 }
    expect([target.fetches, bridge.fetched.length]).toEqual([[renewed, renewed, renewed], 3])
  })

  it('is used for a day while its host is away, and the renewal is tried again after pauses that grow', async () => {
    const clock = new ManualClock(Date.now())
    await using target = await started(clock)
    const startedMs = clock.now()
    away(bridge)
    const pausesMs = [HOUR_MS, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]
    for (const [at, pauseMs] of pausesMs.entries()) {
      await clock.advance(pauseMs - 1)
      expect(target.fetches).toHaveLength(1 + at)
      await clock.advance(1)
      await target.fetched(2 + at)
    }
    const usableUntilMs = startedMs + 24 * HOUR_MS
    expect(target.fetches.at(-1)).toEqual({
      error: expect.objectContaining({ code: 'Unavailable' }) as unknown,
      usableUntilMs,
      failures: 8,
    })
    expect(await target.send(eventOf('later'), { timestampMs: clock.now() })).toBe(200)
    await clock.advance(usableUntilMs - clock.now() - 1)
    expect(await target.send(eventOf('last'), { timestampMs: clock.now() })).toBe(200)
    await clock.advance(1)
    expect(await target.send(eventOf('never'), { timestampMs: clock.now() })).toBe(503)
    expect(target.hinted).toEqual(['first', 'later', 'last'])
  })

  it('is used no longer than it is valid', async () => {
    const expires = new Date(Date.now() + 2 * HOUR_MS)
    await using short = await EventBridge.start(await issueServerCertificate(['127.0.0.1'], { expires }))
    const clock = new ManualClock(Date.now())
    await using target = await started(clock, short)
    away(short)
    const statuses: number[] = []
    for (const atMs of [expires.getTime() - 10_000, expires.getTime() + 10_000]) {
      await clock.advance(atMs - clock.now())
      statuses.push(await target.send(eventOf('db'), { timestampMs: clock.now() }))
    }
    expect(statuses).toEqual([200, 503])
  })

  it('is used no longer than it is valid, also if no event was verified with it before', async () => {
    const expires = new Date(Date.now() + 600_000)
    await using short = await EventBridge.start(await issueServerCertificate(['127.0.0.1'], { expires }))
    const clock = new ManualClock(Date.now())
    await using target = new TestTarget(short, { clock })
    await target.receive()
    const { keyPem } = await issueServerCertificate(['127.0.0.1'])
    expect(await target.send(eventOf('forged'), { keyPem, timestampMs: clock.now() })).toBe(401)
    away(short)
    await clock.advance(expires.getTime() - clock.now() + 10_000)
    expect(await target.send(eventOf('late'), { timestampMs: clock.now() })).toBe(503)
  })

  it('is replaced as soon as its host has another one', async () => {
    const clock = new ManualClock(Date.now())
    await using target = await started(clock)
    const next = await issueServerCertificate(['127.0.0.1'])
    away(bridge)
    await clock.advance(HOUR_MS)
    await target.fetched(2)
    bridge.respond = (response) => response.end(next.chainPem)
    await clock.advance(10_000)
    await target.fetched(3)
    expect(target.fetches.at(-1)).toEqual({ failures: 1 })
    const timestampMs = clock.now()
    expect([
      await target.send(eventOf('old'), { timestampMs }),
      await target.send(eventOf('new'), { timestampMs, keyPem: next.keyPem }),
      target.hinted,
    ]).toEqual([401, 200, ['first', 'new']])
  })

  it('is not fetched again after the target is closed', async () => {
    const clock = new ManualClock(Date.now())
    const target = await started(clock)
    await target[Symbol.asyncDispose]()
    await clock.advance(48 * HOUR_MS)
    expect(bridge.fetched).toHaveLength(1)
  })
})

describe('a sender with the token who names many certificates', () => {
  const urlOf = (at: number): string => `https://${bridge.endpoint}/keys/${at}.pem`

  it('causes a few fetches a minute, and shuts out no certificate that has verified an event', async () => {
    const clock = new ManualClock(Date.now())
    await using target = await started(clock)
    bridge.fetched.length = 0
    const flood = async (from: number): Promise<void> => {
      for (let at = from; at < from + 20; at += 1) {
        await target.send(eventOf('db'), { certificateUrl: urlOf(at), keyPem: stranger, timestampMs: clock.now() })
      }
    }
    const stranger = (await issueServerCertificate(['127.0.0.1'])).keyPem
    await flood(0)
    // The first event was verified with a fetch of the same minute.
    expect(bridge.fetched).toHaveLength(MAX_FETCHES_PER_MINUTE - 1)
    expect(target.failures.at(-1)).toContain('events name more than 8 new ones in a minute')
    await clock.advance(60_000)
    await flood(100)
    expect(bridge.fetched).toHaveLength(2 * MAX_FETCHES_PER_MINUTE - 1)
    expect(await target.send(eventOf('db'), { timestampMs: clock.now() })).toBe(200)
    expect(bridge.fetched).not.toContain('/keys/eventbridge.pem')
    // A new one of EventBridge displaces one of the flood.
    await clock.advance(60_000)
    expect(await target.send(eventOf('new'), { certificateUrl: urlOf(200), timestampMs: clock.now() })).toBe(200)
    expect(target.hinted).toEqual(['first', 'db', 'new'])
  })

  it('delays no certificate that verified an event before its host was away for a day', async () => {
    const clock = new ManualClock(Date.now())
    await using target = await started(clock)
    const genuine = (): Promise<number> => target.send(eventOf('db'), { timestampMs: clock.now() })
    away(bridge)
    await clock.advance(25 * HOUR_MS)
    expect(await genuine()).toBe(503)
    await clock.advance(CERTIFICATE_PAUSE_MS)
    bridge.respond = undefined
    const { keyPem } = await issueServerCertificate(['127.0.0.1'])
    for (let at = 0; at <= MAX_FETCHES_PER_MINUTE; at += 1) {
      await target.send(eventOf('db'), { certificateUrl: urlOf(at), keyPem, timestampMs: clock.now() })
    }
    expect(target.failures.at(-1)).toContain('events name more than 8 new ones in a minute')
    expect([await genuine(), target.hinted]).toEqual([200, ['first', 'db']])
  })

  it('replaces the one that verified an event least recently, once as many have', async () => {
    const clock = new ManualClock(Date.now())
    await using target = await started(clock)
    const send = async (certificateUrl: string): Promise<void> => {
      expect(await target.send(eventOf('db'), { certificateUrl, timestampMs: clock.now() })).toBe(200)
    }
    for (let at = 1; at < MAX_CERTIFICATES; at += 1) await send(urlOf(at))
    await send(bridge.certificateUrl)
    await clock.advance(60_000)
    await send(urlOf(MAX_CERTIFICATES))
    bridge.fetched.length = 0
    await send(bridge.certificateUrl)
    expect(bridge.fetched).toEqual([])
    await send(urlOf(1))
    expect(bridge.fetched).toEqual(['/keys/1.pem'])
  })
})
