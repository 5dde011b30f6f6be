import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { EventBridge } from '@ack-secret-manager/test-support/event-bridge'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { expect, it } from 'vitest'
import { eventOf, TestTarget } from './testing/test-target.ts'

const bridge = useFixture(async () => EventBridge.start(await issueServerCertificate(['127.0.0.1'])))

const { signal } = new AbortController()

it('accepts the former and the new token while a token is replaced, and no other one', async () => {
  const token = async () => [new Sensitive('former-token'), new Sensitive('new-token')]
  await using target = new TestTarget(bridge, { token })
  await target.receive()
  const statuses: number[] = []
  for (const each of ['former-token', 'new-token', 'former-tokennew-token', 'former'])
    statuses.push(await target.send(eventOf(each), { token: each }))
  expect([statuses, target.hinted]).toEqual([
    [200, 200, 401, 401],
    ['former-token', 'new-token'],
  ])
})

it('accepts nothing without a token', async () => {
  await using target = new TestTarget(bridge, { token: async () => [] })
  await target.receive()
  expect([await target.send(), target.results]).toEqual([401, ['unauthorized']])
})

it('reports a token that cannot be read to the receiver and to EventBridge, until it can be read', async () => {
  let unusable: SecretSyncError | undefined = new SecretSyncError('Unauthenticated', 'no token file')
  const token = async () => {
    if (unusable) throw unusable
    return new Sensitive('new-token')
  }
  await using target = new TestTarget(bridge, { token })
  await target.listen()
  await expect(target.source.receive({ signal })).rejects.toBe(unusable)
  expect([await target.send(), target.results, target.failures]).toEqual([503, ['unverified'], ['no token file']])
  unusable = undefined
  const receiving = target.source.receive({ signal })
  const sent = target.send(eventOf('db'), { token: 'new-token' })
  const batch = await receiving
  await batch.confirm({ signal })
  expect([await sent, batch.hints]).toEqual([200, [{ secretName: 'db' }]])
})

it('waits three seconds for a token, and not after the signal or the close', async () => {
  const clock = new ManualClock()
  await using target = new TestTarget(bridge, { clock, token: () => new Promise(() => {}) })
  const { source } = target
  const late = source.receive({ signal })
  await Promise.all([clock.advance(3_000), expect(late).rejects.toMatchObject({ code: 'Timeout' })])
  const stop = new AbortController()
  const stopped = source.receive({ signal: stop.signal })
  stop.abort()
  await expect(stopped).rejects.toMatchObject({ code: 'Cancelled' })
  const closed = source.receive({ signal })
  await Promise.all([source.close(), expect(closed).rejects.toMatchObject({ code: 'Cancelled' })])
})
