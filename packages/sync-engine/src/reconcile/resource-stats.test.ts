import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterAll, expect, it } from 'vitest'
import { RateLimits } from '../sources/read-queue/rate-limit.ts'
import { SyncEngine } from '../sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from '../testing/fixtures.ts'

const one = specOf({ data: [{ key: 'app/db', name: 'password' }] })
const clock = new ManualClock()
const values = new Map<string, FakeValue>([['app/db', valueOf('one')]])
const engine = new SyncEngine({
  writer: new MemoryWriter(digester),
  digester,
  clock,
  random: () => 0.5,
  resolveStore: () => ({ kind: 'ready', connection: connectionOf(mapBackend(values)) }),
  sources: { rateLimits: new RateLimits({ qps: 0 }) },
  reporter: { writeStatus: () => Promise.resolve(), recordEvent: () => undefined },
})
afterAll(() => engine.close())

it('has readiness, reason, age of the value and last write of each resource', async () => {
  engine.upsert(resourceOf(one))
  engine.upsert(resourceOf(specOf({ data: [{ key: 'app/none', name: 'password' }] }), { name: 'broken', uid: 'u2' }))
  expect([...engine.resources()].map(({ name, ready, reason }) => [name, ready, reason])).toEqual([
    ['web', 'Unknown', 'Unknown'],
    ['broken', 'Unknown', 'Unknown'],
  ])
  engine.start()
  await clock.advance(0)
  const changedMs = Math.floor(clock.now() / 1_000) * 1_000
  await clock.advance(7_000)
  expect([...engine.resources()]).toEqual([
    { namespace: 'default', name: 'web', ready: 'True', reason: 'Synced', changedMs, sourceAgeMs: 7_000 },
    {
      namespace: 'default',
      name: 'broken',
      ready: 'False',
      reason: 'SecretNotFound',
      changedMs: undefined,
      sourceAgeMs: undefined,
    },
  ])
  engine.remove('default/web')
  await clock.advance(0)
  expect([...engine.resources()].map(({ name }) => name)).toEqual(['broken'])
})

it('uses the status from before the start of this process', () => {
  const status: ExternalSecretStatus = {
    conditions: [{ type: 'Ready', status: 'True', reason: 'Synced', message: '', lastTransitionTime: '' }],
    dataSyncResults: [{ status: 'Succeeded', synchronizationTime: '2026-02-03T04:05:06Z' }],
    secrets: [],
    target: { name: 'web', uid: 'u', keyCount: 1, lastChangeTime: '2026-01-02T03:04:05Z' },
  }
  engine.upsert(resourceOf(one, { name: 'old', uid: 'u3', status }))
  expect([...engine.resources()].at(-1)).toMatchObject({
    ready: 'True',
    changedMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    sourceAgeMs: undefined,
  })
})
