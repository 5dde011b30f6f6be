import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterEach, describe, expect, it } from 'vitest'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const SECOND = 1_000

/** Resources of one store, each with one secret that is read every three seconds. */
function start(count: number, initial: { maxReadsPerSecond?: number } = {}) {
  const clock = new ManualClock()
  const names = Array.from({ length: count }, (_, index) => `app-${index}`)
  const values = new Map<string, FakeValue>(names.map((name) => [name, valueOf(name)]))
  const backend = mapBackend(values)
  const store: { maxReadsPerSecond?: number; identity: string; resolved: number } = {
    ...initial,
    identity: 'me',
    resolved: 0,
  }
  const failed: string[] = []
  const engine = new SyncEngine({
    writer: new MemoryWriter(digester),
    digester,
    clock,
    random: () => 0.5,
    resolveStore: () => {
      store.resolved += 1
      const { maxReadsPerSecond, identity } = store
      const limit =
        maxReadsPerSecond === undefined ? {} : { limit: { store: 'kms', isShared: true, maxReadsPerSecond } }
      return { kind: 'ready', connection: connectionOf(backend, identity), ...limit }
    },
    defaults: { intervalMs: 3 * SECOND, disablePolling: false },
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    reporter: { writeStatus: () => Promise.resolve(), recordEvent: () => undefined },
    observer: { failed: (_key, { message }) => failed.push(message) },
  })
  engine.start()
  for (const name of names)
    engine.upsert(resourceOf(specOf({ data: [{ key: name, name: 'password' }] }), { name, uid: name }))
  return { clock, engine, store, reads: backend.reads, failed }
}

describe('a change of a store', () => {
  let engine: SyncEngine
  afterEach(() => engine.close(0))

  it('limits the reads of all its resources at once', async () => {
    const stage = start(60)
    engine = stage.engine
    await stage.clock.advance(30 * SECOND)
    stage.store.maxReadsPerSecond = 1
    engine.storesChanged()
    const before = stage.reads.length
    await stage.clock.advance(10 * SECOND)
    expect(stage.reads.length - before).toBeLessThanOrEqual(11)
  })

  it('plans the reads of many resources over several turns, and is not idle before', async () => {
    const stage = start(700)
    engine = stage.engine
    await stage.clock.advance(0)
    stage.store.resolved = 0
    engine.storesChanged()
    expect(stage.store.resolved).toBeLessThanOrEqual(500)
    const before = stage.store.resolved
    await engine.idle()
    expect(stage.store.resolved).toBeGreaterThanOrEqual(before + 700)
  })

  it('does not fail a sync whose reads are replaced', async () => {
    const stage = start(3, { maxReadsPerSecond: 1 })
    engine = stage.engine
    await stage.clock.advance(500)
    expect(stage.reads).toHaveLength(1)
    stage.store.identity = 'other'
    engine.storesChanged()
    await stage.clock.advance(10 * SECOND)
    expect(stage.failed).toEqual([])
    expect(engine.stats().ready.True).toBe(3)
  })
})
