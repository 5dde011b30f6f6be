import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterEach, describe, expect, it } from 'vitest'
import { resourceKey } from './model/resource.ts'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND

describe('Merge', () => {
  let engine: SyncEngine
  afterEach(() => engine.close())

  function start(writer: MemoryWriter = new MemoryWriter(digester)) {
    const clock = new ManualClock()
    const backend = mapBackend(
      new Map<string, FakeValue>([
        ['app/one', valueOf('one')],
        ['app/two', valueOf('two')],
      ]),
    )
    const statuses = new Map<string, ExternalSecretStatus>()
    engine = new SyncEngine({
      writer,
      digester,
      clock,
      random: () => 0.5,
      resolveStore: () => ({ kind: 'ready', connection: connectionOf(backend) }),
      defaults: { intervalMs: 24 * HOUR, disablePolling: false },
      sources: { rateLimits: new RateLimits({ qps: 0 }) },
      reporter: {
        writeStatus: (resource, status) => Promise.resolve(void statuses.set(resourceKey(resource), status)),
        recordEvent: () => undefined,
      },
    })
    engine.start()
    const merge = (resource: string, secret: string, key: string, generation: number = 1) => {
      const target = { name: 'shared', creationPolicy: 'Merge' }
      const spec = specOf({ data: [{ key: secret, name: key }], target })
      const status = statuses.get(`default/${resource}`)
      engine.upsert(resourceOf(spec, { name: resource, uid: `uid-${resource}`, generation, status }))
    }
    const ready = (resource: string) =>
      statuses.get(`default/${resource}`)?.conditions.find(({ type }) => type === 'Ready')
    return { clock, writer, reads: backend.reads, merge, ready }
  }

  describe('into a Secret that another client created and deleted', () => {
    it('waits until that client creates it again, and reads nothing meanwhile', async () => {
      const { clock, writer, reads, merge } = start()
      writer.putForeign('shared')
      merge('web', 'app/one', 'password')
      await clock.advance(0)
      writer.remove('shared')
      await clock.advance(5 * SECOND)
      expect(writer.textsOf('shared')).toBeUndefined()
      expect(reads).toEqual(['app/one'])
      writer.putForeign('shared')
      await clock.advance(2 * SECOND)
      expect(writer.textsOf('shared')).toEqual({ theirs: 'x', password: 'one' })
      expect(writer.actions.map(({ kind }) => kind)).toEqual(['patch', 'patch'])
    })

    it('creates it after ten seconds', async () => {
      const { clock, writer, merge } = start()
      writer.putForeign('shared')
      merge('web', 'app/one', 'password')
      await clock.advance(0)
      writer.remove('shared')
      await clock.advance(9 * SECOND)
      expect(writer.textsOf('shared')).toBeUndefined()
      await clock.advance(3 * SECOND)
      expect(writer.textsOf('shared')).toEqual({ password: 'one' })
    })
  })

  it('immediately recreates a Secret that it created itself', async () => {
    const { clock, writer, merge } = start()
    merge('web', 'app/one', 'password')
    await clock.advance(0)
    writer.remove('shared')
    await clock.advance(0)
    expect(writer.textsOf('shared')).toEqual({ password: 'one' })
  })

  describe('of two resources that swap their keys', () => {
    async function swapped() {
      const parts = start()
      const { clock, merge } = parts
      merge('first', 'app/one', 'a')
      await clock.advance(0)
      merge('second', 'app/two', 'b')
      await clock.advance(0)
      merge('first', 'app/one', 'b', 2)
      merge('second', 'app/two', 'a', 2)
      await clock.advance(HOUR)
      return parts
    }

    it('refuses both, names the owner, and keeps both values', async () => {
      const { writer, ready } = await swapped()
      expect(writer.textsOf('shared')).toEqual({ a: 'one', b: 'two' })
      expect(ready('first')).toMatchObject({
        reason: 'TargetConflict',
        message: expect.stringMatching('second, owns key b'),
      })
      expect(ready('second')).toMatchObject({
        reason: 'TargetConflict',
        message: expect.stringMatching('first, owns key a'),
      })
    })

    it('succeeds after one of them used a third key', async () => {
      const { clock, writer, merge, ready } = await swapped()
      merge('first', 'app/one', 'c', 3)
      await clock.advance(0)
      engine.targetsChanged(['default/second'])
      await clock.advance(2 * SECOND)
      merge('first', 'app/one', 'b', 4)
      await clock.advance(0)
      expect(writer.textsOf('shared')).toEqual({ a: 'two', b: 'one' })
      for (const resource of ['first', 'second']) expect(ready(resource)).toMatchObject({ reason: 'Synced' })
    })
  })
})
