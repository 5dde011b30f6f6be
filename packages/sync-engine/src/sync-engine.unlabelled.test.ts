import type { ObservedSecret, TargetRef } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

/** A writer with an empty cache, like for Secrets without our label. */
class UncachedWriter extends MemoryWriter {
  override observe(target: TargetRef, { fresh = false } = {}): Promise<ObservedSecret | undefined> {
    return fresh ? super.observe(target) : Promise.resolve(undefined)
  }
}

it('writes new values to its target that is neither in the cache nor in the status', async () => {
  const clock = new ManualClock()
  const values = new Map<string, FakeValue>([['app/db', valueOf('1', '1')]])
  const writer = new UncachedWriter(digester)
  const errors: string[] = []
  const engine = new SyncEngine({
    writer,
    digester,
    clock,
    random: () => 0.5,
    resolveStore: () => ({ kind: 'ready', connection: connectionOf(mapBackend(values)) }),
    defaults: { intervalMs: 120_000, disablePolling: false },
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    reporter: { writeStatus: () => Promise.resolve(), recordEvent: () => undefined },
    observer: { failed: (_key, error) => errors.push(error.message) },
  })
  engine.start()
  engine.upsert(resourceOf(specOf({ data: [{ key: 'app/db', name: 'password' }] })))
  await clock.advance(0)
  values.set('app/db', valueOf('2', '2'))
  await clock.advance(125_000)
  expect(writer.textsOf('web')).toEqual({ password: '2' })
  expect(errors.join('\n')).not.toContain('replica')
  await engine.close()
})
