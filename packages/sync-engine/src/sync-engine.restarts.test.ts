import { type SecretBackend, SecretSyncError, type SecretValue } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { describe, expect, it } from 'vitest'
import { engineFixture, heldValue, INTERVAL } from './testing/engine-fixture.ts'
import { FakeRestarter } from './testing/fake-restarter.ts'
import { connectionOf, digester, valueOf } from './testing/fixtures.ts'

const WINDOW = 5_000
const HOUR = 3_600_000
const { signal } = new AbortController()

/** A running engine; a second one takes over like after a crash, with the same writer and workloads. */
function start({
  writer = new MemoryWriter(digester),
  restarter = new FakeRestarter(),
  backend,
  db = valueOf('one'),
}: { writer?: MemoryWriter; restarter?: FakeRestarter; backend?: SecretBackend; db?: SecretValue } = {}) {
  const events: string[] = []
  const metrics: string[] = []
  const failures: string[] = []
  const fixture = engineFixture(
    { db },
    {
      writer,
      restarter,
      reporter: {
        recordEvent: (_resource, { type, reason, message }) => events.push(`${type} ${reason}: ${message}`),
      },
      observer: {
        restarted: (kind, result) => metrics.push(`${kind} ${result}`),
        restartFailed: ({ kind, name }, { message }) => failures.push(`${kind} ${name}: ${message}`),
      },
    },
  )
  const { clock, engine, store, values } = fixture
  if (backend) store.resolution = { kind: 'ready', connection: connectionOf(backend) }
  const upsert = (name: string, spec: object, generation: number = 1): void =>
    fixture.upsert(spec, { name, uid: `uid-${name}`, generation })
  const rotate = async (name: string, text: string, version: string): Promise<void> => {
    values.set(name, valueOf(text, version))
    engine.hint(name)
    await clock.advance(1)
  }
  const dueOf = (name: string): string | undefined => writer.ownedBy('default', name)[0]?.records.get(name)?.restartDue
  return { ...fixture, restarter, events, metrics, failures, upsert, rotate, dueOf }
}

const web = { kind: 'Deployment', name: 'web' }
const specFor = (secret: string, ...restart: object[]): object => ({ data: [{ key: secret, name: 'k' }], restart })

/** An up-to-date resource that restarts Deployment web. */
async function restartable() {
  const fixture = start()
  fixture.upsert('db', specFor('db', web))
  await fixture.clock.advance(0)
  return fixture
}

describe('restarts', () => {
  it('happen once for a changed value, after it is written, and not for the first one', async () => {
    const { clock, writer, restarter, events, metrics, upsert, rotate, dueOf } = start()
    upsert('db', specFor('db', web))
    await clock.advance(HOUR)
    expect(restarter.calls).toEqual([])
    await rotate('db', 'two', 'v2')
    expect(writer.textsOf('db')).toEqual({ k: 'two' })
    expect([restarter.calls, dueOf('db')]).toEqual([[], expect.stringMatching(/^uid-\d+\/\d+$/)])
    await clock.advance(WINDOW)
    expect([restarter.calls, dueOf('db')]).toEqual([['Deployment web for db'], undefined])
    expect(events).toContain('Normal Restarted: Deployment web restarted because Secret db changed')
    await clock.advance(HOUR)
    expect(restarter.calls).toHaveLength(1)
    expect(metrics).toEqual(['Deployment restarted'])
    await rotate('db', 'three', 'v3')
    await clock.advance(WINDOW)
    expect(restarter.calls).toHaveLength(2)
  })

  it('happen once for all changes within a short time, across resources with the same workload', async () => {
    const { clock, values, restarter, events, metrics, upsert, rotate, dueOf } = start()
    for (const name of ['a', 'b', 'c']) values.set(name, valueOf('one'))
    for (const name of ['a', 'b', 'c']) upsert(name, specFor(name, web, { kind: 'StatefulSet', name: 'store' }))
    await clock.advance(INTERVAL)
    for (const name of ['a', 'b']) await rotate(name, 'two', 'v2')
    await clock.advance(WINDOW / 2)
    await rotate('c', 'two', 'v2')
    await clock.advance(WINDOW)
    expect(restarter.calls).toEqual(['Deployment web for a, b, c', 'StatefulSet store for a, b, c'])
    expect(events.filter((event) => event.includes('Restarted'))).toHaveLength(6)
    expect(metrics).toEqual(['Deployment restarted', 'StatefulSet restarted'])
    expect(['a', 'b', 'c'].map(dueOf)).toEqual([undefined, undefined, undefined])
  })

  it('wait for the sync of a spec that has changed, which may name another workload', async () => {
    const { clock, values, restarter, upsert, rotate } = await restartable()
    await rotate('db', 'two', 'v2')
    const { held, respond } = heldValue(valueOf('three'))
    values.set('slow', held)
    upsert('db', specFor('slow', { kind: 'Deployment', name: 'api' }), 2)
    await clock.advance(2 * WINDOW)
    expect(restarter.calls).toEqual([])
    respond()
    await clock.advance(2 * WINDOW)
    expect(restarter.calls).toEqual(['Deployment api for db'])
  })

  it('are not requested by a new workload in the spec, but by the next change', async () => {
    const { clock, writer, restarter, upsert, rotate } = start()
    upsert('db', specFor('db'))
    await clock.advance(0)
    await rotate('db', 'two', 'v2')
    const writes = writer.actions.length
    upsert('db', specFor('db', web), 2)
    await clock.advance(HOUR)
    expect([restarter.calls, writer.actions.length]).toEqual([[], writes])
    await rotate('db', 'three', 'v3')
    await clock.advance(WINDOW)
    expect(restarter.calls).toEqual(['Deployment web for db'])
  })

  it('are not requested by repaired drift', async () => {
    const { clock, writer, restarter } = await restartable()
    writer.tamper('db', 'k')
    await clock.advance(INTERVAL)
    writer.remove('db')
    await clock.advance(INTERVAL)
    expect([writer.textsOf('db'), restarter.calls]).toEqual([{ k: 'one' }, []])
  })

  it.each([
    ['before the restart', 0],
    ['after it, before it is recorded', WINDOW],
  ])('are completed by the next process if this one dies %s', async (_when, ranMs) => {
    const first = start()
    first.upsert('db', specFor('db', web))
    await first.clock.advance(0)
    await first.rotate('db', 'two', 'v2')
    const { writer, restarter } = first
    // The recorded restarts are lost.
    writer.failures.push(new SecretSyncError('Unavailable', 'dying'))
    await first.clock.advance(ranMs)
    writer.failures.splice(0)
    await first.engine.close(0)
    const second = start({ writer, restarter, db: valueOf('two', 'v2') })
    second.upsert('db', specFor('db', web))
    await second.clock.advance(2 * WINDOW)
    expect([restarter.calls, second.dueOf('db')]).toEqual([['Deployment web for db'], undefined])
  })

  it('that fail are reported once and retried with backoff, while the resource stays Ready', async () => {
    const { clock, restarter, events, metrics, failures, upsert, rotate, dueOf, engine } = start()
    upsert('db', specFor('db', web, { kind: 'DaemonSet', name: 'agent' }))
    await clock.advance(0)
    restarter.responses.set('web', new SecretSyncError('WriteDenied', 'give us the verb "patch"'))
    await rotate('db', 'two', 'v2')
    await clock.advance(HOUR)
    expect(engine.stats().ready).toMatchObject({ True: 1, False: 0 })
    expect(restarter.calls).toEqual(['DaemonSet agent for db'])
    expect(events.filter((event) => event.includes('RestartFailed'))).toEqual([
      'Warning RestartFailed: Deployment web still uses the previous value of Secret db: give us the verb "patch"',
    ])
    const tries = metrics.filter((each) => each === 'Deployment WriteDenied').length
    expect(tries).toBeGreaterThan(8)
    expect(tries).toBeLessThan(60)
    expect(failures).toEqual(Array.from({ length: tries }, () => 'Deployment web: give us the verb "patch"'))
    expect(await engine.restartsTried({ signal })).toEqual(['give us the verb "patch"'])
    expect(dueOf('db')).toBeDefined()
    restarter.responses.delete('web')
    await clock.advance(HOUR)
    expect([restarter.calls.at(-1), dueOf('db')]).toEqual(['Deployment web for db', undefined])
    expect(await engine.restartsTried({ signal })).toEqual([])
  })

  it('of a missing workload are reported and not retried, because it will start with the new value', async () => {
    const { clock, restarter, events, rotate, dueOf } = await restartable()
    restarter.responses.set('web', { kind: 'absent' })
    await rotate('db', 'two', 'v2')
    await clock.advance(WINDOW)
    expect(events.at(-1)).toBe(
      'Warning RestartFailed: Deployment web does not exist: nothing to restart; correct spec.restart',
    )
    expect(dueOf('db')).toBeUndefined()
  })

  it('report a workload that needs manual work', async () => {
    const { clock, restarter, events, rotate } = await restartable()
    restarter.responses.set('web', { kind: 'restarted', note: 'it is paused' })
    await rotate('db', 'two', 'v2')
    await clock.advance(WINDOW)
    expect(events.at(-1)).toBe('Warning Restarted: Deployment web restarted because Secret db changed; it is paused')
  })

  it('that are no longer in the spec are removed, also from the record', async () => {
    const { clock, restarter, upsert, rotate, dueOf } = await restartable()
    await rotate('db', 'two', 'v2')
    upsert('db', specFor('db'), 2)
    await clock.advance(WINDOW)
    expect([restarter.calls, dueOf('db')]).toEqual([[], undefined])
  })

  it('are for the last of several changes during a restart', async () => {
    const { clock, restarter, rotate, dueOf } = await restartable()
    for (const version of ['v2', 'v3', 'v4']) await rotate('db', version, version)
    await clock.advance(WINDOW)
    expect([restarter.calls, dueOf('db')]).toEqual([['Deployment web for db'], undefined])
  })
})

describe('an interrupted replacement', () => {
  const begun = { target: { namespace: 'default', name: 'db' }, ownerName: 'db' } as const
  const finish = { kind: 'finish', ...begun }

  it('is completed before any read, even during an outage and for a suspended resource', async () => {
    const hanging: SecretBackend = { read: () => new Promise(() => undefined), close: () => Promise.resolve() }
    for (const spec of [specFor('db'), { ...specFor('db'), suspend: true }]) {
      const writer = new MemoryWriter(digester)
      writer.begun.push({ ...begun, deletion: 'delete' })
      const { clock, upsert, engine } = start({ writer, backend: hanging })
      upsert('db', spec)
      await clock.advance(0)
      expect(writer.actions).toEqual([finish])
      const closing = engine.close(0)
      await clock.advance(HOUR)
      await closing
    }
  })

  it.each(['WriteFailed', 'WriteDenied'] as const)(
    'does not block the resource if the API server returns %s',
    async (code) => {
      const writer = new MemoryWriter(digester)
      writer.begun.push({ ...begun, deletion: 'delete' })
      writer.failures.push(new SecretSyncError(code, 'refused'))
      const { clock, upsert } = start({ writer })
      upsert('db', specFor('db'))
      await clock.advance(0)
      expect(writer.actions.map(({ kind }) => kind)).toEqual(['create', 'finish'])
      expect(writer.textsOf('db')).toEqual({ k: 'one' })
    },
  )

  it.each([
    ['is left to the garbage collector', { deletion: 'delete' }, []],
    ['is completed because its Secret is retained', { deletion: 'retain' }, [finish]],
    ['is completed because its Secret was orphaned', { deletion: 'delete', orphaned: true }, [finish]],
  ] as const)('of a deleted resource %s', async (_what, left, actions) => {
    const writer = new MemoryWriter(digester)
    writer.begun.push({ ...begun, ...left })
    const { clock } = start({ writer })
    await clock.advance(0)
    expect(writer.actions).toEqual(actions)
  })

  it('is found by the sync if there is no watch, and the target is then observed again', async () => {
    const writer = new MemoryWriter(digester)
    const observe = writer.observe.bind(writer)
    writer.observe = (target) => {
      if (writer.actions.length === 0) writer.begun.push({ ...begun, deletion: 'delete' })
      return observe(target)
    }
    const { clock, fail, upsert } = start({ writer })
    fail('db', 'Timeout')
    upsert('db', specFor('db'))
    await clock.advance(0)
    expect(writer.actions).toEqual([finish])
  })
})
