import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const MINUTE = 60_000
const denied = new SecretSyncError('WriteDenied', 'patch secrets default/shared: 403 Forbidden')
const merged = resourceOf(
  specOf({ data: [{ key: 'app/db', name: 'password' }], target: { name: 'shared', creationPolicy: 'Merge' } }),
)

describe('a failed cleanup after a deleted ExternalSecret', () => {
  let clock: ManualClock
  let writer: MemoryWriter
  let events: string[]
  let engine: SyncEngine

  beforeEach(async () => {
    clock = new ManualClock()
    writer = new MemoryWriter(digester)
    events = []
    engine = new SyncEngine({
      writer,
      digester,
      clock,
      random: () => 0.5,
      resolveStore: () => ({
        kind: 'ready',
        connection: connectionOf(mapBackend(new Map([['app/db', valueOf('one')]]))),
      }),
      sources: { rateLimits: new RateLimits({ qps: 0 }) },
      reporter: {
        writeStatus: () => Promise.resolve(),
        recordEvent: ({ kind, name }, { reason, message }) => events.push(`${kind} ${name}: ${reason}: ${message}`),
      },
    })
    engine.start()
    engine.upsert(merged)
    await clock.advance(0)
    events.length = 0
  })
  afterEach(() => engine.close())

  function remove(failures: number): void {
    writer.failures.push(...Array.from({ length: failures }, () => denied))
    engine.remove('default/web')
  }

  it('is reported by events on its Secret and counted, until it succeeds', async () => {
    remove(1_000)
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
    remove(1)
    await clock.advance(10 * MINUTE)
    expect([events, engine.stats().failedCleanups]).toEqual([[], 0])
  })

  it('is no longer counted once the ExternalSecret exists again', async () => {
    remove(1_000)
    await clock.advance(MINUTE)
    expect(engine.stats().failedCleanups).toBe(1)
    engine.upsert({ ...merged, uid: 'another' })
    expect(engine.stats().failedCleanups).toBe(0)
  })
})
