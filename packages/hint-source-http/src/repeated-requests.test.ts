import { ManualClock } from '@ack-secret-manager/core/testing'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { EventBridge, post } from '@ack-secret-manager/test-support/event-bridge'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { describe, expect, it } from 'vitest'
import { eventOf, TARGET, TestTarget, TOKEN } from './testing/test-target.ts'

const bridge = useFixture(async () => EventBridge.start(await issueServerCertificate(['127.0.0.1'])))

const { signal } = new AbortController()
const body = eventOf('db')

describe('a request that is repeated', () => {
  it('after its hint was taken over is accepted without another hint', async () => {
    await using target = new TestTarget(bridge)
    await target.receive()
    const headers = bridge.headers(body, { url: TARGET, token: TOKEN })
    const statuses = [await post(target.port, body, headers), await post(target.port, body, headers)]
    expect([statuses, target.hinted, target.results]).toEqual([[200, 200], ['db'], ['taken', 'duplicate']])
  })

  it.each([
    ['is taken over', 200, ['taken', 'duplicate']],
    ['is not taken over', 503, ['busy', 'busy']],
  ])('while the first one waits gets the same answer: its hint %s', async (_what, status, results) => {
    const clock = new ManualClock(Date.now())
    await using target = new TestTarget(bridge, { clock })
    await target.listen()
    const receiving = target.source.receive({ signal })
    const headers = bridge.headers(body, { url: TARGET, token: TOKEN, timestampMs: clock.now() })
    const first = post(target.port, body, headers)
    const batch = await receiving
    const second = post(target.port, body, headers)
    // A request is read after those that came before it.
    expect(await post(target.port, '', {}, { method: 'PUT' })).toBe(401)
    if (status === 200) await batch.confirm({ signal })
    else await clock.advance(5_000)
    expect([await first, await second, batch.hints.length]).toEqual([status, status, 1])
    expect(target.results.filter((result) => result !== 'unauthorized')).toEqual(results)
  })
})

describe('a health check of a load balancer', () => {
  it.each(['GET', 'HEAD'])('by %s is accepted, also on a standby, and is no refused request', async (method) => {
    await using target = new TestTarget(bridge)
    await target.listen()
    const statuses = [
      await post(target.port, '', {}, { method }),
      await post(target.port, '', bridge.headers('', { url: TARGET, token: TOKEN }), { method }),
    ]
    expect([statuses, target.results]).toEqual([
      [200, 200],
      ['health-check', 'health-check'],
    ])
  })
})
