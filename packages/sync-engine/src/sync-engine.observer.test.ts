import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

it('notifies the observer of each synced and of each deleted resource', async () => {
  const clock = new ManualClock()
  const reported: string[] = []
  const connection = connectionOf(mapBackend(new Map([['db', valueOf('one')]])))
  const engine = new SyncEngine({
    writer: new MemoryWriter(digester),
    digester,
    clock,
    random: () => 0.5,
    resolveStore: () => ({ kind: 'ready', connection }),
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    reporter: { writeStatus: () => Promise.resolve(), recordEvent: () => undefined },
    observer: {
      synced: (key, outcome) => reported.push(`${key} ${outcome.kind}`),
      removed: (key) => reported.push(`${key} removed`),
    },
  })
  engine.start()
  engine.upsert(resourceOf(specOf({ data: [{ key: 'db', name: 'db' }] })))
  await clock.advance(0)
  engine.remove('default/web')
  await clock.advance(0)
  await engine.close()
  expect(reported).toEqual(['default/web synced', 'default/web removed'])
})
