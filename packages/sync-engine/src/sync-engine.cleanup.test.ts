import { type ObservedSecret, SecretSyncError, type TargetAction } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { describe, expect, it } from 'vitest'
import { type EngineFixture, engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { connectionOf, digester, mapBackend, valueOf } from './testing/fixtures.ts'

/** Longer than the confirmation of an absence takes. */
const A_WHILE = 5 * INTERVAL

/** An engine that deletes targets with their secrets. */
function start({ cleanUp = true, writer = new MemoryWriter(digester) } = {}) {
  const faults: { writeStatus?: SecretSyncError; isAway?: boolean } = {}
  const fixture: EngineFixture = engineFixture(
    {},
    {
      writer,
      cleanUp,
      reporter: {
        writeStatus: async (_resource, status) => {
          const { writeStatus: fault } = faults
          delete faults.writeStatus
          if (fault) throw fault
          if (faults.isAway) throw new SecretSyncError('Unavailable', 'the API server is away')
          fixture.statuses.push(status)
        },
      },
    },
  )
  return {
    ...fixture,
    faults,
    vanish: (name: string) => fixture.fail(name, 'NotFound', { absent: true }),
    deletions: () => writer.actions.filter((action) => action.kind === 'release'),
  }
}

const one = { data: [{ key: 'app/db', name: 'password' }] }
const two = { data: [...one.data, { key: 'app/token', name: 'token' }] }

/** A written target of two secrets, and its engine. */
async function written(spec: unknown = two): Promise<ReturnType<typeof start>> {
  const world = start()
  world.values.set('app/db', valueOf('one')).set('app/token', valueOf('a'))
  world.upsert(spec)
  await world.clock.advance(INTERVAL)
  return world
}

describe('SyncEngine with cleanup of targets', () => {
  it('deletes a target once when all its secrets are deleted, reports it, and recreates it when they exist again', async () => {
    const { clock, values, writer, statuses, events, vanish, deletions, message } = await written()
    vanish('app/db')
    await clock.advance(A_WHILE)
    expect([writer.textsOf('web'), deletions()]).toEqual([{ password: 'one', token: 'a' }, []])
    vanish('app/token')
    await clock.advance(A_WHILE)
    expect(writer.textsOf('web')).toBeUndefined()
    expect(deletions()).toHaveLength(1)
    expect(statuses.at(-1)?.conditions[0]).toMatchObject({ status: 'False', reason: 'SecretNotFound' })
    expect(statuses.at(-1)?.target).toBeUndefined()
    expect(message()).toMatch(/\(the Secret was deleted; it is recreated when its secrets exist again\)$/)
    expect(events.at(-1)).toBe(
      'SecretDeleted: Secret web was deleted because its secrets no longer exist: app/db, app/token',
    )
    const [before, reported] = [writer.actions.length, events.length]
    await clock.advance(10 * A_WHILE)
    expect([writer.actions.length, events.length]).toEqual([before, reported])

    values.set('app/db', valueOf('one')).set('app/token', valueOf('a'))
    await clock.advance(A_WHILE)
    expect(writer.textsOf('web')).toEqual({ password: 'one', token: 'a' })
    expect(statuses.at(-1)?.conditions[0]).toMatchObject({ status: 'True', reason: 'Synced' })
  })

  it('waits for a second NotFound, because a replaced secret is deleted first', async () => {
    const { clock, values, writer, engine, vanish, deletions } = await written(one)
    vanish('app/db')
    engine.hint('app/db')
    await clock.advance(9_000)
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(A_WHILE)
    expect([writer.textsOf('web'), deletions()]).toEqual([{ password: 'two' }, []])
  })

  it('counts the secret of a document', async () => {
    const { clock, values, writer, vanish, upsert } = start()
    values.set('app/db', valueOf('one')).set('app/doc', valueOf('{"a":"1"}'))
    upsert({ ...one, dataProcess: [{ extract: { key: 'app/doc' } }] })
    await clock.advance(INTERVAL)
    vanish('app/db')
    await clock.advance(A_WHILE)
    expect(writer.textsOf('web')).toEqual({ password: 'one', a: '1' })
    vanish('app/doc')
    await clock.advance(A_WHILE)
    expect(writer.textsOf('web')).toBeUndefined()
  })

  it('reports the deletion after its first report was lost', async () => {
    const { clock, faults, events, vanish, deletions, message } = await written(one)
    vanish('app/db')
    // Advances to the moment of the deletion.
    while (deletions().length === 0) {
      delete faults.writeStatus
      if (events.some((event) => event.startsWith('SecretNotFound'))) {
        faults.writeStatus = new SecretSyncError('Unavailable', 'the API server is away')
      }
      await clock.advance(1_000)
    }
    await clock.advance(A_WHILE)
    expect(events.filter((event) => event.startsWith('SecretDeleted'))).toHaveLength(1)
    expect(message()).toContain('the Secret was deleted')
  })

  it('reports the deletion if its report was lost and the secret exists again before the next attempt', async () => {
    const { clock, faults, events, eventReasons, values, vanish, deletions } = await written(one)
    vanish('app/db')
    while (deletions().length === 0) {
      faults.isAway = events.some((event) => event.startsWith('SecretNotFound'))
      await clock.advance(1_000)
    }
    values.set('app/db', valueOf('one'))
    await clock.advance(INTERVAL)
    faults.isAway = false
    await clock.advance(A_WHILE)
    expect(eventReasons()).toEqual(['Synced', 'SecretNotFound', 'SecretDeleted', 'Synced'])
  })

  it('has the same status after a restart, and no second event', async () => {
    const before = await written(one)
    before.vanish('app/db')
    await before.clock.advance(A_WHILE)
    await before.engine.close()
    const { clock, statuses, events, vanish, upsert } = start({ writer: before.writer })
    vanish('app/db')
    upsert(one, before.statuses.at(-1) ? { status: before.statuses.at(-1) } : {})
    await clock.advance(A_WHILE)
    expect([statuses, events]).toEqual([[], []])
  })

  it.each<[string, (world: Awaited<ReturnType<typeof written>>) => void | Promise<void>]>([
    ['one of them is only denied', ({ vanish, fail }) => (vanish('app/db'), fail('app/token', 'AccessDenied'))],
    ['one of them cannot be reached', ({ vanish, fail }) => (vanish('app/db'), fail('app/token', 'Unavailable'))],
    ['KMS throttles', ({ fail }) => (fail('app/db', 'Throttled'), fail('app/token', 'Throttled'))],
    ['they can be restored', ({ fail }) => (fail('app/db', 'NotFound'), fail('app/token', 'NotFound'))],
    [
      'one of them exists',
      ({ vanish, values }) => {
        vanish('app/db')
        values.set('app/token', valueOf('a', 'v2'))
      },
    ],
    [
      'they are now read elsewhere',
      ({ store, values, vanish, engine }) => {
        vanish('app/db')
        vanish('app/token')
        store.resolution = { kind: 'ready', connection: connectionOf(mapBackend(values), 'another endpoint') }
        engine.storesChanged()
      },
    ],
    [
      'the spec names others',
      ({ vanish, upsert }) => {
        vanish('app/misspelt')
        upsert({ data: two.data.map((entry) => ({ ...entry, key: 'app/misspelt' })) }, { generation: 2 })
      },
    ],
    [
      'the resource is suspended',
      ({ vanish, upsert }) => {
        vanish('app/db')
        vanish('app/token')
        upsert({ ...two, suspend: true }, { generation: 2 })
      },
    ],
    [
      'all are optional',
      async ({ clock, vanish, upsert }) => {
        const data = two.data.map((entry) => ({ ...entry, optional: true }))
        upsert({ data }, { generation: 2 })
        await clock.advance(INTERVAL)
        vanish('app/db')
        vanish('app/token')
      },
    ],
    [
      'a user has edited a value',
      async ({ clock, vanish, writer }) => {
        vanish('app/db')
        vanish('app/token')
        writer.tamper('web', 'password')
        await clock.advance(0)
      },
    ],
  ])('deletes nothing if %s', async (_why, change) => {
    const world = await written()
    await change(world)
    const texts = world.writer.textsOf('web')
    await world.clock.advance(10 * A_WHILE)
    expect(world.deletions()).toEqual([])
    expect(world.writer.textsOf('web')).toMatchObject(texts ?? {})
  })

  it('does not delete an object that replaced the target just before', async () => {
    class Overtaken extends MemoryWriter {
      override apply(action: TargetAction): Promise<ObservedSecret | undefined> {
        if (action.kind !== 'release') return super.apply(action)
        this.putForeign('web')
        return Promise.reject(new SecretSyncError('Conflict', 'it is another object'))
      }
    }
    const { clock, values, writer, vanish, upsert, deletions, message } = start({ writer: new Overtaken(digester) })
    values.set('app/db', valueOf('one'))
    upsert(one)
    await clock.advance(INTERVAL)
    vanish('app/db')
    await clock.advance(A_WHILE)
    expect([writer.textsOf('web'), deletions()]).toEqual([{ theirs: 'x' }, []])
    expect(message()).toContain('is not changed: it already exists and is not managed by this operator')
  })

  it('does not report the deletion of a Secret that never existed', async () => {
    const { clock, vanish, upsert, message } = start()
    vanish('app/db')
    upsert(one)
    await clock.advance(A_WHILE)
    expect(message()).toMatch(/\(nothing is written until all keys can be read\)$/)
  })

  it('deletes nothing that this process has not read itself', async () => {
    const before = await written()
    await before.engine.close()
    const { clock, vanish, upsert, writer, deletions, message } = start({ writer: before.writer })
    vanish('app/db')
    vanish('app/token')
    upsert(two, { status: before.statuses.at(-1) })
    await clock.advance(10 * A_WHILE)
    expect(deletions()).toEqual([])
    expect(writer.textsOf('web')).toEqual({ password: 'one', token: 'a' })
    expect(message()).toMatch(/\(last values kept\)$/)
  })

  it('deletes nothing without the option', async () => {
    const { clock, values, writer, vanish, upsert, deletions } = start({ cleanUp: false })
    values.set('app/db', valueOf('one'))
    upsert(one)
    await clock.advance(INTERVAL)
    vanish('app/db')
    await clock.advance(10 * A_WHILE)
    expect([writer.textsOf('web'), deletions()]).toEqual([{ password: 'one' }, []])
  })
})
