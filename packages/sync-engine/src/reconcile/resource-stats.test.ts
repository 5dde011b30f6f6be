import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import { engineFixture } from '../testing/engine-fixture.ts'

const one = { data: [{ key: 'app/db', name: 'password' }] }

it('has readiness, reason, age of the value and last write of each resource', async () => {
  const { clock, engine, upsert } = engineFixture({ 'app/db': 'one' }, { standby: true })
  upsert(one)
  upsert({ data: [{ key: 'app/none', name: 'password' }] }, { name: 'broken', uid: 'u2' })
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
  const { engine, upsert } = engineFixture()
  upsert(one, { name: 'old', uid: 'u3', status })
  expect([...engine.resources()].at(-1)).toMatchObject({
    ready: 'True',
    changedMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    sourceAgeMs: undefined,
  })
})
