import { SecretSyncError } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import type { SyncResource } from './model/resource.ts'
import { engineFixture } from './testing/engine-fixture.ts'
import { type FakeValue, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const spec = specOf({ data: [{ key: 'db', name: 'password' }] })

/** An engine with one resource, which has been synced unless `first` has a status or an annotation. */
async function start(first: Partial<SyncResource> = {}) {
  const fixture = engineFixture({ db: 'one' }, { defaults: { disablePolling: true } })
  const { clock, engine, statuses } = fixture
  const upsert = (more: Partial<SyncResource>): void =>
    engine.upsert(resourceOf(spec, { status: statuses.at(-1), ...more }))
  upsert(first)
  await clock.advance(0)
  const handled = (): string | undefined => statuses.at(-1)?.lastHandledRefresh
  return { ...fixture, upsert, handled }
}

const unavailable = (): never => {
  throw new SecretSyncError('Unavailable', 'kms.example: HTTP 503')
}

it('reports the request in the status after the secrets were read and the Secret was written', async () => {
  const { clock, values, writer, upsert, statuses, handled } = await start()
  expect(handled()).toBeUndefined()
  let respond: (() => void) | undefined
  values.set('db', () => new Promise((resolve) => (respond = () => resolve(valueOf('two', 'v2')))))
  upsert({ refreshNow: 'a' })
  await clock.advance(0)
  expect(handled()).toBeUndefined()
  respond?.()
  await clock.advance(0)
  expect([handled(), writer.textsOf('web')]).toEqual(['a', { password: 'two' }])
  const { length } = statuses
  upsert({ refreshNow: 'a' })
  await clock.advance(60_000)
  expect(statuses).toHaveLength(length)
})

it('does not accept a read that began before the request', async () => {
  const { clock, values, backend, upsert, handled } = await start()
  const responses: (() => void)[] = []
  values.set('db', () => new Promise((resolve) => responses.push(() => resolve(valueOf('one')))))
  upsert({ refreshNow: 'a' })
  await clock.advance(100)
  upsert({ refreshNow: 'b' })
  responses[0]?.()
  await clock.advance(0)
  expect(handled()).not.toBe('b')
  await clock.advance(2_000)
  responses[1]?.()
  await clock.advance(0)
  expect([handled(), backend.reads.length]).toEqual(['b', 3])
})

it.each<[string, FakeValue, string]>([
  ['refused', () => Promise.reject(new SecretSyncError('AccessDenied', 'denied')), 'AccessDenied'],
  ['not found', () => Promise.reject(new SecretSyncError('NotFound', 'not found')), 'SecretNotFound'],
])('handles the request if the read is %s', async (_what, value, reason) => {
  const { clock, values, upsert, statuses, handled } = await start()
  values.set('db', value)
  upsert({ refreshNow: 'a' })
  await clock.advance(0)
  expect([handled(), statuses.at(-1)?.conditions[0]?.reason]).toEqual(['a', reason])
})

it('waits for the end of an outage', async () => {
  const { clock, values, upsert, handled } = await start()
  values.set('db', unavailable)
  upsert({ refreshNow: 'a' })
  await clock.advance(60_000)
  expect(handled()).toBeUndefined()
  values.set('db', valueOf('one'))
  await clock.advance(600_000)
  expect(handled()).toBe('a')
})

it('waits while the resource is suspended', async () => {
  const { clock, upsert, handled } = await start()
  const suspended = { ok: true, value: { ...spec, suspend: true } } as const
  upsert({ spec: suspended, generation: 2 })
  upsert({ spec: suspended, generation: 2, refreshNow: 'a' })
  await clock.advance(60_000)
  expect(handled()).toBeUndefined()
  upsert({ generation: 3, refreshNow: 'a' })
  await clock.advance(0)
  expect(handled()).toBe('a')
})

it('handles a request that was made while no operator ran, with its first reads', async () => {
  const { backend, handled } = await start({ refreshNow: 'a' })
  expect([handled(), backend.reads.length]).toEqual(['a', 1])
})

it('keeps the last request after the annotation is removed, and truncates a long one', async () => {
  const { clock, upsert, handled } = await start()
  upsert({ refreshNow: 'x'.repeat(300) })
  await clock.advance(0)
  expect(handled()).toBe('x'.repeat(256))
  upsert({ generation: 2 })
  await clock.advance(0)
  expect(handled()).toBe('x'.repeat(256))
})
