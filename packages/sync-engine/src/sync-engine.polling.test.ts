import { expect, it } from 'vitest'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { APP, findFixture } from './testing/find-fixture.ts'

const HOUR = 3_600_000

/** Two synced resources: one with the default interval, one with its own. */
async function synced(options: Parameters<typeof engineFixture>[1] = {}) {
  const fixture = engineFixture({ db: 'one', own: 'one' }, options)
  fixture.upsert({ data: [{ key: 'db', name: 'password' }] }, { name: 'web', uid: 'web' })
  const rotationInterval = `${INTERVAL / 1_000}s`
  fixture.upsert({ data: [{ key: 'own', name: 'password' }], rotationInterval }, { name: 'api', uid: 'api' })
  await fixture.clock.advance(INTERVAL)
  const reads = async (ms: number): Promise<Record<string, number>> => {
    fixture.backend.reads.length = 0
    await fixture.clock.advance(ms)
    const counts: Record<string, number> = { db: 0, own: 0 }
    for (const name of fixture.backend.reads) counts[name] = (counts[name] ?? 0) + 1
    return counts
  }
  return { ...fixture, reads }
}

it('reads less often while the default interval is longer, and as before afterwards; own intervals stay', async () => {
  const { engine, reads } = await synced()
  expect(await reads(HOUR)).toEqual({ db: 30, own: 30 })
  engine.polling.setDefaultInterval(HOUR)
  expect(await reads(2 * HOUR)).toEqual({ db: 2, own: 60 })
  engine.polling.setDefaultInterval(INTERVAL)
  expect(await reads(INTERVAL)).toEqual({ db: 1, own: 1 })
  expect(await reads(HOUR)).toEqual({ db: 30, own: 30 })
})

it('lists secrets less often while the default interval is longer, and as before afterwards', async () => {
  const { kms, engine, clock, sync } = findFixture(['app/a'])
  await sync(APP)
  const sweeps = async (ms: number): Promise<number> => {
    const before = kms.sweeps
    await clock.advance(ms)
    return kms.sweeps - before
  }
  expect(await sweeps(HOUR)).toBe(30)
  engine.polling.setDefaultInterval(HOUR)
  expect(await sweeps(2 * HOUR)).toBe(2)
  engine.polling.setDefaultInterval(INTERVAL)
  expect(await sweeps(HOUR)).toBe(30)
})

it('applies the interval to resources that are added or synced later', async () => {
  const { engine, upsert, reads, clock } = await synced()
  engine.polling.setDefaultInterval(HOUR)
  upsert({ data: [{ key: 'db', name: 'other' }] }, { name: 'web', uid: 'web', generation: 2 })
  await clock.advance(1_000)
  expect((await reads(HOUR))['db']).toBe(1)
})

it('does not turn polling on', async () => {
  const { engine, reads } = await synced({ defaults: { disablePolling: true } })
  engine.polling.setDefaultInterval(INTERVAL / 2)
  expect(await reads(HOUR)).toEqual({ db: 0, own: 0 })
})

it('knows the secrets that are read, by name and by ARN', async () => {
  const { engine } = await synced()
  const known = ['db', 'acs:kms:cn-hangzhou:1:secret/db', 'none', 'constructor'].map((name) =>
    engine.polling.reads(name),
  )
  expect(known).toEqual([true, true, false, false])
  engine.remove('default/web')
  expect(engine.polling.reads('db')).toBe(true)
})
