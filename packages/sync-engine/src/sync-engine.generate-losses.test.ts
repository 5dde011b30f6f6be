import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { describe, expect, it } from 'vitest'
import { FakeRestarter } from './testing/fake-restarter.ts'
import { digester, NO_OBJECTS, valueOf } from './testing/fixtures.ts'
import { DAY, HOUR, ONE, startGenerating } from './testing/generating-engine.ts'

const MINUTE = 60_000
const MERGED = { ...ONE, target: { creationPolicy: 'Merge' }, data: [{ key: 'db', name: 'url' }] }
const LOST =
  'TargetConflict: "generated password": Secret default/web has lost key password 5 times within a day, so no new value is generated; ' +
  'stop the client that removes it, or use a Secret of its own, then change alibabacloud.com/refresh-now'

/** A Secret of another controller, into which a generated key and one of KMS are merged. */
async function merged() {
  const writer = new MemoryWriter(digester)
  const restarter = new FakeRestarter()
  writer.putForeign('web')
  const fixture = startGenerating({ writer, restarter }, { db: 'one' })
  await fixture.upsert({ ...MERGED, restart: [{ kind: 'Deployment', name: 'web' }] })
  const replace = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      writer.replaceForeign('web')
      await fixture.clock.advance(10 * MINUTE)
    }
  }
  return { ...fixture, writer, restarter, replace }
}

describe('a generated key that the target loses', () => {
  it('is generated again up to five times a day, without a limit for other keys', async () => {
    const { texts, generators, replace, ready, message, values, clock, engine } = await merged()
    expect(texts()).toEqual({ theirs: 'x', url: 'one', password: 'new-1' })
    await replace(5)
    expect([texts(), ready()]).toEqual([{ theirs: 'x', url: 'one', password: 'new-6' }, 'True Synced'])
    await replace(50)
    expect([texts(), generators.generated]).toEqual([{ theirs: 'x', url: 'one' }, 6])
    expect([ready(), message()]).toEqual(['False Degraded', `${LOST} (not added; the other keys are refreshed)`])
    values.set('db', valueOf('two', 'v2'))
    engine.hint('db')
    await clock.advance(2 * MINUTE)
    expect(texts()).toEqual({ theirs: 'x', url: 'two' })
  })

  it('is generated again after a day', async () => {
    const { texts, generators, replace, ready, clock } = await merged()
    await replace(10)
    await clock.advance(22 * HOUR)
    expect([texts(), generators.generated]).toEqual([{ theirs: 'x', url: 'one' }, 6])
    await clock.advance(DAY)
    expect([texts(), ready()]).toEqual([{ theirs: 'x', url: 'one', password: 'new-7' }, 'True Synced'])
  })

  it.each([
    ['a refresh is requested', { refreshNow: 'now' }],
    ['the resource is changed', { generation: 2 }],
  ])('is generated again when %s', async (_when, change) => {
    const { texts, replace, upsert } = await merged()
    await replace(10)
    await upsert(MERGED, change)
    expect(texts()).toEqual({ theirs: 'x', url: 'one', password: 'new-7' })
  })

  it('restarts workloads with each new value, also if only the key is removed', async () => {
    const { texts, generators, restarter, writer, clock, ready } = await merged()
    for (let time = 0; time < 50; time += 1) {
      writer.removeKey('web', 'password')
      await clock.advance(10 * MINUTE)
    }
    expect([texts(), generators.generated, ready()]).toEqual([{ theirs: 'x', url: 'one' }, 6, 'False Degraded'])
    expect(restarter.calls).toEqual(Array.from({ length: 5 }, () => 'Deployment web for web'))
  })

  it('is generated again up to five times a day if the whole Secret is deleted', async () => {
    const { clock, texts, upsert, writer, generators, ready, message } = startGenerating()
    await upsert(ONE)
    for (let time = 0; time < 5; time += 1) {
      writer.remove('web')
      await clock.advance(10 * MINUTE)
    }
    expect(texts()).toEqual({ password: 'new-6' })
    writer.remove('web')
    await clock.advance(HOUR)
    expect([texts(), generators.generated, ready()]).toEqual([undefined, 6, 'False TargetConflict'])
    expect(message()).toBe(`${LOST} (nothing is written until all keys can be read)`)
  })

  it('keeps a template from being rendered without it', async () => {
    const templating = {
      renderer: new TinyRenderer(),
      sources: NO_OBJECTS,
    }
    const { clock, texts, upsert, writer, ready } = startGenerating({ templating }, { db: 'one' })
    const template = { data: { url: 'db://{{ .user }}:{{ .password }}' } }
    await upsert({ ...ONE, data: [{ key: 'db', name: 'user' }], target: { template } })
    for (let time = 0; time < 10; time += 1) {
      writer.removeKey('web', 'password')
      await clock.advance(10 * MINUTE)
    }
    expect([texts(), ready()]).toEqual([{ url: 'db://one:new-6' }, 'False Degraded'])
  })
})
