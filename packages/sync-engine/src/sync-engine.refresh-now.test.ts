import { expect, it } from 'vitest'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { engineFixture } from './testing/engine-fixture.ts'
import { resourceOf, specOf, valueOf } from './testing/fixtures.ts'

/** An engine with one resource per secret, named like the secret, without polling, so that every read has another cause. */
async function start(resources: readonly { readonly namespace: string; readonly name: string }[]) {
  const fixture = engineFixture(Object.fromEntries(resources.map(({ name }) => [name, 'one'])), {
    defaults: { disablePolling: true },
    sources: { rateLimits: new RateLimits() },
  })
  let annotation = 0
  // Parsed once, because no refresh changes the spec.
  const specs = new Map(resources.map(({ name }) => [name, specOf({ data: [{ key: name, name: 'password' }] })]))
  const upsert = ({ namespace, name }: { namespace: string; name: string }, refreshNow?: string): void => {
    const spec = specs.get(name) ?? specOf({})
    fixture.engine.upsert(resourceOf(spec, { namespace, name, uid: `${namespace}/${name}`, refreshNow }))
  }
  const refresh = (resource: { namespace: string; name: string }): void => {
    annotation += 1
    upsert(resource, `${annotation}`)
  }
  for (const resource of resources) upsert(resource)
  await fixture.clock.advance(20_000)
  fixture.backend.reads.length = 0
  return { ...fixture, refresh }
}

const db = { namespace: 'default', name: 'db' }

it('reads once for one refresh-now, and at once', async () => {
  const { clock, backend, refresh } = await start([db])
  refresh(db)
  await clock.advance(0)
  expect(backend.reads).toHaveLength(1)
  await clock.advance(60_000)
  expect(backend.reads).toHaveLength(1)
})

it('reads at most once a second for 100 refresh-now in 4 s, and does not lose the last one', async () => {
  const { clock, values, backend, writer, refresh } = await start([db])
  for (let step = 0; step < 100; step += 1) {
    if (step === 99) values.set('db', valueOf('two', 'v2'))
    refresh(db)
    await clock.advance(40)
  }
  await clock.advance(60_000)
  expect(backend.reads).toHaveLength(5)
  expect(writer.textsOf('db')).toEqual({ password: 'two' })
})

it('keeps a refresh that waits for its turn when another sync of the resource comes first', async () => {
  const { clock, values, backend, writer, refresh } = await start([db])
  refresh(db)
  await clock.advance(100)
  refresh(db)
  writer.tamper('db', 'password')
  await clock.advance(100)
  values.set('db', valueOf('two', 'v2'))
  await clock.advance(60_000)
  expect(backend.reads).toHaveLength(3)
  expect(writer.textsOf('db')).toEqual({ password: 'two' })
})

it('gives a namespace 40 refreshed secrets a second, and leaves the rate limit to others', async () => {
  const storm = Array.from({ length: 500 }, (_, index) => ({ namespace: 'storm', name: `storm-${index}` }))
  const { clock, values, backend, writer, refresh } = await start([db, ...storm])
  for (let step = 0; step < 100; step += 1) {
    for (const resource of storm) refresh(resource)
    await clock.advance(100)
  }
  expect(backend.reads.length).toBeGreaterThanOrEqual(400)
  // 40 at once, and 40 in each of 10 seconds, both ends included.
  expect(backend.reads.length).toBeLessThanOrEqual(441)
  values.set('db', valueOf('two', 'v2'))
  refresh(db)
  await clock.advance(50)
  expect(writer.textsOf('db')).toEqual({ password: 'two' })
  await clock.advance(60_000)
  expect(new Set(backend.reads).size).toBe(501)
})
