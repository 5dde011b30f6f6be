import { SecretSyncError, Sensitive, type TargetAction } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { engineFixture, type EngineFixtureOptions, INTERVAL } from './testing/engine-fixture.ts'

const SPEC = { data: [{ key: 'app/db', name: 'password' }] }
const denied = new SecretSyncError('WriteDenied', 'create Secret default/web: an admission policy changed key password')
const away = new SecretSyncError('Unavailable', 'create Secret default/web: the connection was closed')

/** An API server with a policy that changes the value of each write. */
function start(options: EngineFixtureOptions = {}) {
  const fixture = engineFixture({ 'app/db': 'one' }, options)
  const { writer } = fixture
  const policy = { error: denied as SecretSyncError | undefined, conflicts: 0 }
  const apply = writer.apply.bind(writer)
  writer.apply = async (action: TargetAction) => {
    if (policy.conflicts > 0) {
      policy.conflicts -= 1
      throw new SecretSyncError('Conflict', 'it was changed in the meantime')
    }
    if (policy.error === undefined || !('set' in action)) return apply(action)
    await apply({ ...action, set: new Map([['password', new Sensitive<Uint8Array>(Buffer.from('other'))]]) })
    throw policy.error
  }
  return { ...fixture, policy, textOf: (): string | undefined => writer.textsOf('web')?.['password'] }
}

describe('a Secret that admission changes', () => {
  it('is not ready, and is written once for each attempt, with backoff, until the policy is gone', async () => {
    const { clock, upsert, ready, writer, policy, textOf, events } = start()
    upsert(SPEC)
    await clock.advance(0)
    expect(ready()).toBe('False WriteFailed')
    expect(writer.actions).toHaveLength(1)
    // 1, 3, 7, 15, 31 and 63 s after the first attempt.
    await clock.advance(70_000)
    expect(writer.actions).toHaveLength(7)
    expect(textOf()).toBe('other')
    policy.error = undefined
    await clock.advance(70_000)
    expect(ready()).toBe('True Synced')
    expect(textOf()).toBe('one')
    expect(writer.actions).toHaveLength(8)
    await clock.advance(10 * INTERVAL)
    expect(writer.actions).toHaveLength(8)
    expect(events.map((event) => event.split(':')[0])).toEqual(['WriteFailed', 'DriftCorrected'])
  })

  it('is not ready after a conflict', async () => {
    const { clock, upsert, statuses, policy, writer } = start()
    upsert(SPEC)
    await clock.advance(500)
    policy.conflicts = 1
    await clock.advance(1_000)
    expect(policy.conflicts).toBe(0)
    expect(writer.actions).toHaveLength(2)
    expect(new Set(statuses.map(({ conditions }) => conditions[0]?.reason))).toEqual(new Set(['WriteFailed']))
  })

  it('is not ready if the response is lost', async () => {
    const { clock, upsert, statuses, policy, writer } = start()
    policy.error = away
    upsert(SPEC)
    await clock.advance(0)
    expect(writer.actions).toHaveLength(1)
    policy.error = denied
    await clock.advance(INTERVAL)
    expect(new Set(statuses.map(({ conditions }) => conditions[0]?.reason))).toEqual(new Set(['WriteFailed']))
  })

  it('is not ready in the next process', async () => {
    const former = start()
    former.upsert(SPEC)
    await former.clock.advance(0)
    const status = former.statuses.at(-1)
    await former.engine.close()
    const { clock, upsert, engine, ready, policy, textOf } = start({ writer: former.writer, standby: true })
    upsert(SPEC, { status })
    engine.start()
    await clock.advance(500)
    expect(ready()).toBe('False WriteFailed')
    expect(textOf()).toBe('other')
    policy.error = undefined
    former.policy.error = undefined
    await clock.advance(INTERVAL)
    expect(ready()).toBe('True Synced')
    expect(textOf()).toBe('one')
  })

  it('is not written earlier because others change it', async () => {
    const { clock, upsert, writer } = start()
    upsert(SPEC)
    await clock.advance(8_000)
    expect(writer.actions).toHaveLength(4)
    // The next attempt is 15 s after the first one.
    for (let count = 0; count < 50; count += 1) {
      writer.removeKey('web', 'password')
      await clock.advance(100)
    }
    expect(writer.actions).toHaveLength(4)
    await clock.advance(3_000)
    expect(writer.actions).toHaveLength(5)
  })
})
