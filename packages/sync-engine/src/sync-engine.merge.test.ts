import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import { resourceKey } from './model/resource.ts'
import { engineFixture } from './testing/engine-fixture.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND

describe('Merge', () => {
  function start() {
    const statuses = new Map<string, ExternalSecretStatus>()
    const fixture = engineFixture(
      { 'app/one': 'one', 'app/two': 'two' },
      {
        defaults: { intervalMs: 24 * HOUR },
        reporter: { writeStatus: async (resource, status) => void statuses.set(resourceKey(resource), status) },
      },
    )
    const merge = (resource: string, secret: string, key: string, generation: number = 1) => {
      const target = { name: 'shared', creationPolicy: 'Merge' }
      const status = statuses.get(`default/${resource}`)
      const spec = { data: [{ key: secret, name: key }], target }
      fixture.upsert(spec, { name: resource, uid: `uid-${resource}`, generation, status })
    }
    const ready = (resource: string) =>
      statuses.get(`default/${resource}`)?.conditions.find(({ type }) => type === 'Ready')
    return { ...fixture, reads: fixture.backend.reads, merge, ready }
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
      const { clock, engine, writer, merge, ready } = await swapped()
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
