import { SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import type { SyncResource } from './model/resource.ts'
import { engineFixture, heldValue, INTERVAL } from './testing/engine-fixture.ts'
import { connectionOf, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'
import type { LiveOwner } from './reconcile/guard/write-guard.ts'

const data = [{ key: 'db', name: 'password' }]
const terminating = { terminating: true }

/** An engine with one secret whose next response the test delays, and a store that can change its endpoint. */
function start(live: () => LiveOwner | undefined = () => ({ uid: 'uid-web', terminating: false })) {
  let resource: SyncResource | undefined
  const fixture = engineFixture(
    { db: 'one' },
    {
      readOwner: () => Promise.resolve(live()),
      afterStatus: async (status) => {
        if (resource) resource = { ...resource, status }
      },
    },
  )
  const { clock, engine, store, values } = fixture
  const upsert = async (spec: object, more: Partial<SyncResource> = {}): Promise<void> => {
    resource = { ...resourceOf(specOf(spec)), ...resource, spec: { ok: true, value: specOf(spec) }, ...more }
    engine.upsert(resource)
    await clock.advance(0)
  }
  /** Delays the next response for the secret until the returned function is called. */
  const hold = (text: string): (() => Promise<void>) => {
    const value = valueOf(text, 'v2')
    const { held, respond } = heldValue(() => {
      values.set('db', value)
      return value
    })
    values.set('db', held)
    return async () => {
      respond()
      await clock.advance(0)
    }
  }
  const move = (backend: Map<string, FakeValue>): void => {
    store.resolution = { kind: 'ready', connection: connectionOf(mapBackend(backend), 'kms|other') }
  }
  return { ...fixture, upsert, hold, move }
}

/** A resource whose Secret was written. */
async function written(live?: () => LiveOwner | undefined) {
  const fixture = start(live)
  await fixture.upsert({ data })
  return fixture
}

/** A resource whose secret is being read. */
async function reading() {
  const fixture = start()
  const respond = fixture.hold('late')
  await fixture.upsert({ data })
  return { ...fixture, respond }
}

describe('a sync whose resource changes while its secrets are read', () => {
  it.each<[string, object, Partial<SyncResource>]>([
    ['is suspended', { data, suspend: true }, { generation: 2 }],
    ['is being deleted', { data }, terminating],
  ])('creates no Secret when it %s', async (_what, spec, more) => {
    const { respond, upsert, writer, clock } = await reading()
    await upsert(spec, more)
    await respond()
    await clock.advance(3 * INTERVAL)
    expect(writer.actions).toEqual([])
  })

  it.each([['Delete'], ['Retain']])('creates no Secret when it was deleted, with %s', async (deletionPolicy) => {
    const { engine, upsert, hold, writer, clock } = start()
    const respond = hold('late')
    await upsert({ data, target: { deletionPolicy } })
    engine.remove('default/web')
    await respond()
    await clock.advance(3 * INTERVAL)
    expect(writer.actions).toEqual([])
  })

  it('creates only the Secret of the corrected name', async () => {
    const { upsert, hold, writer } = start()
    const respond = hold('late')
    await upsert({ data, target: { name: 'wrong' } })
    await upsert({ data, target: { name: 'right' } }, { generation: 2 })
    await respond()
    expect(writer.actions.map(({ target }) => target.name)).toEqual(['right'])
  })

  it('writes no value that a former identity of its store has read', async () => {
    const { engine, upsert, hold, writer, move, clock, statuses } = start()
    const respond = hold('of the former identity')
    await upsert({ data })
    move(
      new Map([
        [
          'db',
          () => {
            throw new SecretSyncError('AccessDenied', 'not db')
          },
        ],
      ]),
    )
    engine.storesChanged()
    await respond()
    await clock.advance(INTERVAL)
    expect(writer.actions).toEqual([])
    expect(statuses.at(-1)?.conditions[0]).toMatchObject({ status: 'False', reason: 'AccessDenied' })
  })

  it('does not adopt a Secret after the adopt annotation was removed', async () => {
    const { upsert, hold, writer } = start()
    writer.putForeign('web')
    const respond = hold('late')
    await upsert({ data }, { adopt: true })
    await upsert({ data }, { adopt: false })
    await respond()
    expect(writer.actions).toEqual([])
  })

  it('is repeated at once, and then writes', async () => {
    const { respond, upsert, writer, statuses } = await reading()
    await upsert({ data: [{ key: 'db', name: 'pass' }] }, { generation: 2 })
    await respond()
    expect(writer.textsOf('web')).toEqual({ pass: 'late' })
    expect(statuses.map(({ observedGeneration }) => observedGeneration)).toEqual([2])
  })
})

describe('a resource that is being deleted', () => {
  it('gets no value, no repair, no status', async () => {
    const { upsert, writer, statuses, values, clock } = await written()
    const before = [writer.actions.length, statuses.length]
    await upsert({ data }, terminating)
    values.set('db', valueOf('two', 'v2'))
    writer.orphan('web')
    await clock.advance(3 * INTERVAL)
    expect([writer.actions.length, statuses.length]).toEqual(before)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('gets no new Secret if the garbage collector deletes the Secret first', async () => {
    const { upsert, writer, clock } = await written()
    await upsert({ data }, terminating)
    writer.remove('web')
    await clock.advance(3 * INTERVAL)
    expect(writer.textsOf('web')).toBeUndefined()
  })

  it('keeps its merged keys until it is deleted', async () => {
    const { engine, upsert, writer, clock } = start()
    const merge = { data, target: { creationPolicy: 'Merge' } }
    writer.putForeign('web')
    await upsert(merge)
    await upsert(merge, terminating)
    writer.tamper('web', 'password')
    await clock.advance(3 * INTERVAL)
    expect(writer.textsOf('web')).toEqual({ theirs: 'x', password: 'tampered' })
    engine.remove('default/web')
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ theirs: 'x' })
  })

  it('does not lose the former Secret of a rename', async () => {
    const { upsert, writer, clock } = await written()
    await upsert({ data, target: { name: 'other' } }, { generation: 2, ...terminating })
    await clock.advance(3 * INTERVAL)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(writer.textsOf('other')).toBeUndefined()
  })
})

describe('a removed ownerReference', () => {
  it.each<[string, LiveOwner | undefined]>([
    ['is being deleted', { uid: 'uid-web', terminating: true }],
    ['is another object of that name', { uid: 'uid-new', terminating: false }],
    ['was deleted', undefined],
  ])('is not restored if the owner, according to the API server, %s', async (_what, owner) => {
    let live: LiveOwner | undefined = { uid: 'uid-web', terminating: false }
    const { writer, clock } = await written(() => live)
    live = owner
    writer.orphan('web')
    await clock.advance(INTERVAL)
    expect(writer.actions).toHaveLength(1)
    expect(writer.ownedBy('default', 'web')[0]?.controller).toBeUndefined()
    writer.remove('web')
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toBeUndefined()
  })

  it('is not created with a new Secret when a source failed after the deletion', async () => {
    let live: LiveOwner = { uid: 'uid-web', terminating: false }
    const { writer, clock, values, statuses } = await written(() => live)
    // The watch of the resource is down, so the engine does not learn of its deletion.
    live = { uid: 'uid-web', terminating: true }
    values.set('db', () => {
      throw new SecretSyncError('Unavailable', 'HTTP 503')
    })
    await clock.advance(INTERVAL)
    writer.remove('web')
    await clock.advance(INTERVAL)
    expect(statuses.at(-1)?.target).toBeUndefined()
    values.set('db', valueOf('two', 'v2'))
    await clock.advance(3 * INTERVAL)
    expect(writer.textsOf('web')).toBeUndefined()
  })

  it('is restored while the owner exists', async () => {
    const { writer, clock } = await written()
    writer.orphan('web')
    await clock.advance(INTERVAL)
    expect(writer.ownedBy('default', 'web')[0]?.controller).toMatchObject({ uid: 'uid-web' })
  })

  it.each([
    ['is', 'uid-new', 'uid-new'],
    ['is not', 'uid-newer', 'uid-web'],
  ])('moves to the next resource of that name if it %s the one in the API server', async (_what, uid, expected) => {
    const { upsert, writer, clock } = await written(() => ({ uid, terminating: false }))
    await upsert({ data }, { uid: 'uid-new' })
    await clock.advance(INTERVAL)
    expect(writer.ownedBy('default', 'web')[0]?.controller).toMatchObject({ uid: expected })
  })

  it('of a first Secret needs no read of the owner', async () => {
    const { writer } = await written(() => undefined)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })
})

describe('a resource that is deleted before its Retain was written', () => {
  it('leaves a Secret that the garbage collector does not delete', async () => {
    const { engine, writer, clock } = await written()
    engine.upsert({ ...resourceOf(specOf({ data, target: { deletionPolicy: 'Retain' } })), generation: 2 })
    engine.remove('default/web')
    await clock.advance(0)
    expect(writer.actions.at(-1)).toMatchObject({ kind: 'patch', record: { deletion: 'retain' }, remove: [] })
    expect(writer.actions).toHaveLength(2)
  })

  it('is ignored once its name is in use again', async () => {
    const { engine, writer, clock } = await written()
    engine.upsert({ ...resourceOf(specOf({ data, target: { deletionPolicy: 'Retain' } })), generation: 2 })
    engine.remove('default/web')
    engine.upsert(resourceOf(specOf({ data })))
    await clock.advance(INTERVAL)
    expect(writer.ownedBy('default', 'web')[0]?.records.get('web')?.deletion).toBe('delete')
    expect(writer.actions).toHaveLength(1)
  })
})
