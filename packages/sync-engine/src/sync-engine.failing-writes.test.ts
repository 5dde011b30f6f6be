import { SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { type EngineFixture, engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { valueOf } from './testing/fixtures.ts'

const MINUTE = 60_000
const CANARY = 'canary-6f2a'
const away = new SecretSyncError('Unavailable', 'patch Secret default/web: the API server responded with 500')
const silent = new SecretSyncError('Timeout', 'patch Secret default/web: no response within 30000 ms')

/** An API server that accepts Secrets and statuses, or fails for either. */
function start() {
  const state = { isTerminating: false, isReported: true }
  const skipped: string[] = []
  const fixture: EngineFixture = engineFixture(
    { 'app/db': 'one' },
    {
      isTerminating: () => state.isTerminating,
      observer: { namespaceTerminating: (key) => skipped.push(key) },
      reporter: {
        writeStatus: async (_resource, status) => {
          if (!state.isReported) throw away
          fixture.statuses.push(status)
        },
      },
    },
  )
  const { writer } = fixture
  return {
    ...fixture,
    state,
    skipped,
    apply: (target: object = {}, generation = 1): void =>
      fixture.upsert({ data: [{ key: 'app/db', name: 'password' }], target }, { generation }),
    failWrites: (error: SecretSyncError): void => {
      writer.failures.push(...Array.from({ length: 1_000 }, () => error))
    },
    mend: (): void => {
      state.isReported = true
      writer.failures.splice(0)
    },
    says: () => `${fixture.ready()}: ${fixture.message()}`,
    reasons: () => fixture.statuses.map(({ conditions }) => conditions[0]?.reason),
  }
}

/** An up-to-date resource, and a value that changes now. */
async function changed() {
  const fixture = start()
  fixture.apply()
  await fixture.clock.advance(INTERVAL)
  fixture.values.set('app/db', valueOf('two', 'v2'))
  fixture.engine.hint('app/db')
  return fixture
}

describe('while the Secret cannot be written', () => {
  it.each([away, silent])('reports the failure after some minutes, once, and the recovery: $code', async (error) => {
    const fixture = await changed()
    const { clock, writer, engine } = fixture
    fixture.failWrites(error)
    await clock.advance(60 * MINUTE)
    expect(fixture.says()).toBe(`False WriteFailed: ${error.message}`)
    expect(fixture.eventReasons()).toEqual(['Synced', 'WriteFailed'])
    expect(engine.stats().maxUnwrittenMs).toBeGreaterThan(55 * MINUTE)
    fixture.mend()
    await clock.advance(5 * MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    expect(fixture.says()).toMatch(/^True Synced/)
    expect(fixture.eventReasons()).toEqual(['Synced', 'WriteFailed', 'Synced'])
    expect(engine.stats().maxUnwrittenMs).toBe(0)
  })

  it('reports the failure once, even for alternating reasons', async () => {
    const fixture = await changed()
    const { clock } = fixture
    fixture.writer.failures.push(...Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? away : silent)))
    await clock.advance(60 * MINUTE)
    expect(fixture.eventReasons()).toEqual(['Synced', 'WriteFailed'])
    expect(fixture.statuses).toHaveLength(2)
  })

  it('reports a denied write at once, even with a changed deletion policy', async () => {
    const fixture = await changed()
    const { clock, writer } = fixture
    fixture.failWrites(new SecretSyncError('WriteDenied', 'patch Secret default/web: webhook "x" denies it'))
    fixture.apply({ deletionPolicy: 'Retain' }, 2)
    await clock.advance(500)
    expect(fixture.says()).toMatch(/^False WriteFailed: .* denies it/)
    // Once, because the write for the previous spec is dropped.
    expect(writer.failures).toHaveLength(999)
  })

  it.each([
    ['writes', 'apply', 'writing Secret default/web'],
    ['reads', 'inspect', 'sync of default/web'],
  ] as const)(
    'reports a writer that %s with an error of another class, without its message',
    async (_what, call, what) => {
      const fixture = await changed()
      const { clock, writer } = fixture
      if (call === 'inspect') writer.failures.push(away)
      writer[call] = () => Promise.reject(new TypeError(`the value ${CANARY}`))
      await clock.advance(10_000)
      expect(fixture.says()).toBe(
        `False InternalError: ${what}: unexpected TypeError; this is a defect, please report it`,
      )
      expect(JSON.stringify([fixture.statuses, fixture.events])).not.toContain(CANARY)
    },
  )

  it('reports within seconds that the content may not be read, which is needed after a lost response', async () => {
    const fixture = await changed()
    const { clock, writer } = fixture
    writer.failures.push(away)
    writer.inspect = () =>
      Promise.reject(new SecretSyncError('WriteDenied', 'get Secret default/web: forbidden; grant verb "get"'))
    await clock.advance(10_000)
    expect(fixture.says()).toBe('False WriteFailed: get Secret default/web: forbidden; grant verb "get"')
  })

  it('does not report a failure of the former spec as one of the changed spec', async () => {
    const fixture = await changed()
    const { clock, writer, statuses } = fixture
    fixture.failWrites(new SecretSyncError('WriteFailed', 'patch Secret default/web: refused'))
    const apply = writer.apply.bind(writer)
    let tries = 0
    writer.apply = (action) => {
      tries += 1
      if (tries === 2) {
        fixture.apply({ immutable: true }, 2)
        fixture.mend()
        return Promise.reject(new SecretSyncError('WriteFailed', 'patch Secret default/web: refused'))
      }
      return apply(action)
    }
    await clock.advance(5 * MINUTE)
    expect(tries).toBeGreaterThan(1)
    const failed = statuses.filter(({ conditions }) => conditions[0]?.status === 'False')
    expect(failed.map(({ observedGeneration }) => observedGeneration)).toEqual([])
    expect(statuses.at(-1)).toMatchObject({ observedGeneration: 2, conditions: [{ status: 'True' }] })
  })

  it.each<[string, object]>([
    ['a suspended resource', { data: [{ key: 'app/db', name: 'password' }], suspend: true }],
    ['a refused one', { data: [{ key: 'app/db', jmesPath: [{ path: 'u[', objectAlias: 'u' }] }] }],
  ])('does not report %s with a generation whose deletion policy is not written', async (_which, spec) => {
    const fixture = await changed()
    const { clock, writer, statuses } = fixture
    await clock.advance(INTERVAL)
    fixture.upsert({ ...spec, target: { deletionPolicy: 'Retain' } }, { generation: 2 })
    for (const error of [away, new SecretSyncError('WriteDenied', 'webhook "x" denies it')]) {
      fixture.failWrites(error)
      await clock.advance(10 * MINUTE)
      expect(fixture.says()).toBe(`False WriteFailed: ${error.message}`)
      fixture.mend()
    }
    const isNew = ({ observedGeneration }: (typeof statuses)[number]): boolean => observedGeneration === 2
    expect(new Set(statuses.filter(isNew).map(({ conditions }) => conditions[0]?.reason))).toEqual(
      new Set(['WriteFailed']),
    )
    await clock.advance(60 * MINUTE)
    expect(fixture.says()).toMatch(/^False (Suspended|InvalidSpec)/)
    expect(writer.actions.at(-1)).toMatchObject({ kind: 'patch', record: { deletion: 'retain' } })
  })

  it('reports a Secret that was never written', async () => {
    const fixture = start()
    fixture.failWrites(away)
    fixture.apply()
    await fixture.clock.advance(10 * MINUTE)
    expect(fixture.says()).toBe(`False WriteFailed: ${away.message}`)
    expect(fixture.engine.stats().maxUnwrittenMs).toBe(10 * MINUTE)
  })

  it('reports a former target that cannot be released', async () => {
    const fixture = await changed()
    const { clock } = fixture
    fixture.apply({ name: 'moved' }, 2)
    await clock.advance(0)
    fixture.apply({ name: 'again' }, 3)
    const write = fixture.writer.apply.bind(fixture.writer)
    fixture.writer.apply = (action) => (action.kind === 'release' ? Promise.reject(away) : write(action))
    await clock.advance(10 * MINUTE)
    expect(fixture.writer.textsOf('again')).toBeDefined()
    expect(fixture.says()).toBe(`False WriteFailed: ${away.message}`)
  })

  it('does not report a short outage', async () => {
    const fixture = await changed()
    const { clock, writer } = fixture
    fixture.failWrites(away)
    await clock.advance(110_000)
    fixture.mend()
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    expect(fixture.reasons()).toEqual(['Synced', 'Synced'])
    expect(fixture.eventReasons()).toEqual(['Synced', 'Synced'])
  })

  it('reports nothing after a short outage of all systems', async () => {
    const fixture = await changed()
    const { clock, writer } = fixture
    fixture.state.isReported = false
    fixture.failWrites(away)
    await clock.advance(60 * MINUTE)
    fixture.mend()
    await clock.advance(5 * MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    expect(fixture.reasons()).toEqual(['Synced', 'Synced'])
    expect(fixture.eventReasons()).toEqual(['Synced', 'Synced'])
  })
})

it('counts no unwritten change and no failed write if only the status cannot be written', async () => {
  const fixture = await changed()
  fixture.state.isReported = false
  await fixture.clock.advance(60 * MINUTE)
  expect(fixture.writer.textsOf('web')).toEqual({ password: 'two' })
  expect(fixture.engine.stats().maxUnwrittenMs).toBe(0)
  fixture.mend()
  await fixture.clock.advance(5 * MINUTE)
  expect(fixture.reasons()).toEqual(['Synced', 'Synced'])
})

describe('in a namespace that is being deleted', () => {
  const terminating = new SecretSyncError(
    'WriteFailed',
    'create Secret default/web: namespace default is being deleted',
    {
      facts: { remoteCode: 'NamespaceTerminating' },
    },
  )

  it('reports nothing after a refused write, and retries after five minutes', async () => {
    const fixture = start()
    fixture.failWrites(terminating)
    fixture.apply()
    await fixture.clock.advance(4 * MINUTE)
    expect([fixture.statuses, fixture.events, fixture.skipped[0]]).toEqual([[], [], 'default/web'])
    expect(fixture.engine.stats().maxUnwrittenMs).toBe(0)
    fixture.mend()
    await fixture.clock.advance(2 * MINUTE)
    expect(fixture.events).toHaveLength(1)
  })

  it('writes nothing if the deletion is known', async () => {
    const fixture = start()
    fixture.apply()
    await fixture.clock.advance(INTERVAL)
    const said = [fixture.statuses.length, fixture.events.length]
    const writes = fixture.writer.actions.length
    fixture.state.isTerminating = true
    fixture.values.set('app/db', valueOf('two', 'v2'))
    fixture.engine.hint('app/db')
    await fixture.clock.advance(INTERVAL)
    expect([fixture.statuses.length, fixture.events.length]).toEqual(said)
    expect(fixture.skipped).toContain('default/web')
    expect(fixture.engine.stats().maxUnwrittenMs).toBe(0)
    expect(fixture.writer.actions).toHaveLength(writes)
  })
})
