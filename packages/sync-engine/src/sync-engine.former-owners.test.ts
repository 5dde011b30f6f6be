import { type OwnerRecord, type SecretGenerator, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import type { LiveOwner } from './reconcile/guard/write-guard.ts'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { recordOf, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const SECOND = 1_000
const RETAIN = { deletionPolicy: 'Retain' }
const OLD = { data: [{ key: 'app/db', name: 'password' }], target: { name: 'shared', ...RETAIN } }
const NEW = { ...OLD, target: { ...OLD.target, creationPolicy: 'Adopt' } }
const asOld = (spec: object = OLD) => resourceOf(specOf(spec), { name: 'old', uid: 'uid-old' })

/** An engine with an API server that has the ExternalSecrets `live`. */
function start(spec: object = OLD) {
  const live = new Map<string, LiveOwner>()
  const reads: string[] = []
  const api: { error?: SecretSyncError } = {}
  const removed = Promise.withResolvers<void>()
  const createGenerator = (): SecretGenerator => ({
    kind: 'password',
    settings: '20',
    generate: () => Promise.resolve({ value: new Sensitive<Uint8Array>(Buffer.from(`new-${reads.length}`)) }),
  })
  const fixture = engineFixture(
    { 'app/db': valueOf('one') },
    {
      createGenerator,
      observer: { removed: () => removed.resolve() },
      readOwner: async ({ namespace, name }) => {
        reads.push(`${namespace}/${name}`)
        if (api.error) throw api.error
        return live.get(name) ?? (name === 'web' ? { uid: 'uid-web', terminating: false } : undefined)
      },
    },
  )
  /** A Secret with records that no process has written for a resource that it knows. */
  const store = (records: readonly (readonly [string, OwnerRecord])[], more: object = {}): void => {
    fixture.writer.putForeign('shared')
    fixture.writer.editForeign('shared', { records: new Map(records), ...more })
  }
  return {
    ...fixture,
    live,
    reads,
    api,
    removed,
    store,
    /** `old` is created, and deleted with Retain. */
    retain: async () => {
      fixture.engine.upsert(asOld(spec))
      await fixture.clock.advance(SECOND)
      fixture.engine.remove('default/old')
      await fixture.clock.advance(SECOND)
      reads.splice(0)
    },
    owners: async () => [
      ...((await fixture.writer.observe({ namespace: 'default', name: 'shared' }))?.records.keys() ?? []),
    ],
  }
}

describe('a Secret that a deleted resource has retained', () => {
  it('is adopted by a resource that asks for it, and follows its values', async () => {
    const { retain, upsert, clock, values, writer, ready, events, reads, owners } = start()
    await retain()
    upsert(NEW)
    await clock.advance(SECOND)
    expect(ready()).toBe('True Synced')
    expect(reads).toContain('default/old')
    expect(await owners()).toEqual(['web'])
    expect(events.filter((event) => event.startsWith('Adopted'))).toHaveLength(1)
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(INTERVAL)
    expect(writer.textsOf('shared')).toEqual({ password: 'two' })
  })

  it('keeps its generated values', async () => {
    const generate = [{ name: 'password', password: {} }]
    const spec = { generate, target: OLD.target }
    const { retain, upsert, clock, writer, ready } = start(spec)
    await retain()
    const before = writer.textsOf('shared')
    upsert({ ...spec, target: NEW.target })
    await clock.advance(SECOND)
    expect([ready(), writer.textsOf('shared')]).toEqual(['True Synced', before])
  })

  it('is refused without a request and without a read of its owner, and the message says what to do', async () => {
    const { retain, upsert, clock, ready, message, reads, owners } = start()
    await retain()
    upsert(OLD)
    await clock.advance(INTERVAL)
    expect(ready()).toBe('False TargetConflict')
    expect(message()).toContain('belongs to ExternalSecret old; if that was deleted, adopt it with')
    expect(reads).toEqual([])
    expect(await owners()).toEqual(['old'])
    upsert(OLD, { adopt: true, generation: 2 })
    await clock.advance(SECOND)
    expect([ready(), await owners()]).toEqual(['True Synced', ['web']])
  })

  it('is adopted once its owner is deleted, although the Secret does not change then', async () => {
    const { engine, upsert, clock, ready, reads, owners } = start()
    engine.upsert(asOld())
    await clock.advance(SECOND)
    upsert(NEW)
    await clock.advance(INTERVAL)
    expect([ready(), await owners(), reads]).toEqual(['False TargetConflict', ['old'], []])
    engine.remove('default/old')
    await clock.advance(SECOND)
    expect([ready(), await owners()]).toEqual(['True Synced', ['web']])
  })

  it('is adopted although its owner is deleted during the reconcile that finds it', async () => {
    const spec = { generate: [{ name: 'password', password: {} }], target: OLD.target }
    const { engine, upsert, clock, removed, ready, writer, owners } = start()
    engine.upsert(asOld(spec))
    await clock.advance(SECOND)
    const readValues = writer.readValues.bind(writer)
    let isDeleted = false
    // The values are read after the look-up of the owner, and before the refusal is recorded.
    writer.readValues = async (...request) => {
      if (!isDeleted) {
        isDeleted = true
        engine.remove('default/old')
        await removed.promise
      }
      return readValues(...request)
    }
    upsert({ ...spec, target: NEW.target })
    await clock.advance(INTERVAL)
    expect([isDeleted, ready(), await owners()]).toEqual([true, 'True Synced', ['web']])
  })

  it('is adopted once its owner is deleted that this process does not know', async () => {
    const { engine, upsert, clock, store, live, ready, owners } = start()
    store([['old', recordOf({}, { deletion: 'retain' })]])
    live.set('old', { uid: 'uid-old', terminating: true })
    upsert(NEW)
    await clock.advance(INTERVAL)
    expect([ready(), await owners()]).toEqual(['False TargetConflict', ['old']])
    live.clear()
    engine.orphaned('default/old')
    await clock.advance(INTERVAL)
    expect([ready(), await owners()]).toEqual(['True Synced', ['web']])
  })

  it.each([
    ['Unavailable', new SecretSyncError('Unavailable', 'away')],
    ['WriteDenied', new SecretSyncError('WriteDenied', 'forbidden')],
  ])('is not changed while the read of its owner fails, which is retried: %s', async (_code, error) => {
    const { retain, upsert, clock, ready, api, writer, owners } = start()
    await retain()
    api.error = error
    const writes = writer.actions.length
    upsert(NEW)
    await clock.advance(INTERVAL)
    expect([await owners(), writer.actions.length]).toEqual([['old'], writes])
    delete api.error
    await clock.advance(10 * INTERVAL)
    expect([ready(), await owners()]).toEqual(['True Synced', ['web']])
  })

  const retained = recordOf({}, { deletion: 'retain' })
  it.each<[string, readonly (readonly [string, OwnerRecord])[], object]>([
    ['another controller owns it', [['old', retained]], { controller: { kind: 'Certificate', name: 'tls', uid: 'u' } }],
    [
      'it names more owners than are looked up',
      Array.from({ length: 9 }, (_, index) => [`old-${index}`, retained]),
      {},
    ],
  ])('is refused without a read if %s', async (_why, records, more) => {
    const { upsert, clock, store, reads, ready, owners } = start()
    store(records, more)
    upsert(NEW)
    await clock.advance(INTERVAL)
    expect([ready(), reads, await owners()]).toEqual(['False TargetConflict', [], records.map(([name]) => name)])
  })
})
