import { SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { engineFixture } from './testing/engine-fixture.ts'
import { resourceOf, specOf } from './testing/fixtures.ts'

const MINUTE = 60_000
const denied = new SecretSyncError('WriteDenied', 'patch secrets default/shared: 403 Forbidden')
const merged = resourceOf(
  specOf({ data: [{ key: 'app/db', name: 'password' }], target: { name: 'shared', creationPolicy: 'Merge' } }),
)

describe('a failed cleanup after a deleted ExternalSecret', () => {
  /** An engine whose resource is deleted, while its next writes fail. */
  async function removed(failures: number) {
    const events: string[] = []
    const { clock, writer, engine } = engineFixture(
      { 'app/db': 'one' },
      {
        reporter: {
          recordEvent: ({ kind, name }, { reason, message }) => events.push(`${kind} ${name}: ${reason}: ${message}`),
        },
      },
    )
    engine.upsert(merged)
    await clock.advance(0)
    events.length = 0
    writer.failures.push(...Array.from({ length: failures }, () => denied))
    engine.remove('default/web')
    return { clock, writer, engine, events }
  }

  it('is reported by events on its Secret and counted, until it succeeds', async () => {
    const { clock, writer, engine, events } = await removed(1_000)
    await clock.advance(10 * MINUTE)
    expect(new Set(events)).toEqual(
      new Set([
        'Secret shared: WriteFailed: Cleanup after deleted ExternalSecret web failed: patch secrets default/shared: 403 Forbidden',
      ]),
    )
    expect([engine.stats().failedCleanups, writer.textsOf('shared')]).toEqual([1, { password: 'one' }])
    writer.failures.length = 0
    await clock.advance(10 * MINUTE)
    expect([engine.stats().failedCleanups, writer.textsOf('shared')]).toEqual([0, {}])
  })

  it('causes no event if the next attempt succeeds', async () => {
    const { clock, engine, events } = await removed(1)
    await clock.advance(10 * MINUTE)
    expect([events, engine.stats().failedCleanups]).toEqual([[], 0])
  })

  it('is no longer counted once the ExternalSecret exists again', async () => {
    const { clock, engine } = await removed(1_000)
    await clock.advance(MINUTE)
    expect(engine.stats().failedCleanups).toBe(1)
    engine.upsert({ ...merged, uid: 'another' })
    expect(engine.stats().failedCleanups).toBe(0)
  })
})
