import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterEach, describe, expect, it } from 'vitest'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const MINUTE = 60_000
const INTERVAL = 2 * MINUTE
const away = new SecretSyncError('Unavailable', 'patch Secret default/web: the API server responded with 500')
const silent = new SecretSyncError('Timeout', 'patch Secret default/web: no response within 30000 ms')

/** An API server that accepts Secrets and statuses, or fails for either. */
class EngineFixture {
  readonly clock = new ManualClock()
  readonly values = new Map<string, FakeValue>([['app/db', valueOf('one')]])
  readonly writer = new MemoryWriter(digester)
  readonly events: string[] = []
  readonly statuses: ExternalSecretStatus[] = []
  readonly skipped: string[] = []
  isTerminating = false
  isReported = true
  readonly engine = new SyncEngine({
    writer: this.writer,
    digester,
    clock: this.clock,
    random: () => 0.5,
    resolveStore: () => ({ kind: 'ready', connection: connectionOf(mapBackend(this.values)) }),
    defaults: { intervalMs: INTERVAL, disablePolling: false },
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    isTerminating: () => this.isTerminating,
    observer: { namespaceTerminating: (key) => this.skipped.push(key) },
    reporter: {
      writeStatus: async (_resource, status) => {
        if (!this.isReported) throw away
        this.statuses.push(status)
      },
      recordEvent: (_resource, { reason, message }) => this.events.push(`${reason}: ${message}`),
    },
  })

  /** An up-to-date resource, and a value that changes now. */
  async change(): Promise<void> {
    this.engine.start()
    this.apply()
    await this.clock.advance(INTERVAL)
    this.values.set('app/db', valueOf('two', 'v2'))
    this.engine.hint('app/db')
  }

  apply(target: object = {}, generation = 1): void {
    const spec = specOf({ data: [{ key: 'app/db', name: 'password' }], target })
    this.engine.upsert(resourceOf(spec, { generation }))
  }

  failWrites(error: SecretSyncError): void {
    this.writer.failures.push(...Array.from({ length: 1_000 }, () => error))
  }

  mend(): void {
    this.isReported = true
    this.writer.failures.splice(0)
  }

  get ready(): string {
    const ready = this.statuses.at(-1)?.conditions.find(({ type }) => type === 'Ready')
    return `${ready?.status} ${ready?.reason}: ${ready?.message}`
  }

  get eventReasons(): readonly string[] {
    return this.events.map((event) => event.split(':')[0] ?? '')
  }
}

describe('while the Secret cannot be written', () => {
  let fixture: EngineFixture
  afterEach(async () => fixture.engine.close())

  async function changed(): Promise<EngineFixture> {
    fixture = new EngineFixture()
    await fixture.change()
    return fixture
  }

  it.each([away, silent])('reports the failure after some minutes, once, and the recovery: $code', async (error) => {
    const { clock, writer, engine } = await changed()
    fixture.failWrites(error)
    await clock.advance(60 * MINUTE)
    expect(fixture.ready).toBe(`False WriteFailed: ${error.message}`)
    expect(fixture.eventReasons).toEqual(['Synced', 'WriteFailed'])
    expect(engine.stats().maxUnwrittenMs).toBeGreaterThan(55 * MINUTE)
    fixture.mend()
    await clock.advance(5 * MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    expect(fixture.ready).toMatch(/^True Synced/)
    expect(fixture.eventReasons).toEqual(['Synced', 'WriteFailed', 'Synced'])
    expect(engine.stats().maxUnwrittenMs).toBe(0)
  })

  it('reports the failure once, even for alternating reasons', async () => {
    const { clock } = await changed()
    fixture.writer.failures.push(...Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? away : silent)))
    await clock.advance(60 * MINUTE)
    expect(fixture.eventReasons).toEqual(['Synced', 'WriteFailed'])
    expect(fixture.statuses).toHaveLength(2)
  })

  it('reports a denied write at once, even with a changed deletion policy', async () => {
    const { clock, writer } = await changed()
    fixture.failWrites(new SecretSyncError('WriteDenied', 'patch Secret default/web: webhook "x" denies it'))
    fixture.apply({ deletionPolicy: 'Retain' }, 2)
    await clock.advance(500)
    expect(fixture.ready).toMatch(/^False WriteFailed: .* denies it/)
    // Once, because the write for the previous spec is dropped.
    expect(writer.failures).toHaveLength(999)
  })

  it('does not report a failure of the former spec as one of the changed spec', async () => {
    const { clock, writer, statuses } = await changed()
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

  it('reports the refusal if the deletion policy cannot be written either', async () => {
    const { clock, writer } = await changed()
    await clock.advance(INTERVAL)
    fixture.failWrites(away)
    const target = { deletionPolicy: 'Retain' }
    const spec = specOf({ data: [{ key: 'app/db', jmesPath: [{ path: 'u[', objectAlias: 'u' }] }], target })
    fixture.engine.upsert(resourceOf(spec, { generation: 2 }))
    await clock.advance(1_000)
    expect(fixture.ready).toMatch(/^False InvalidSpec/)
    fixture.mend()
    await clock.advance(60 * MINUTE)
    expect(writer.actions.at(-1)).toMatchObject({ kind: 'patch', record: { deletion: 'retain' } })
  })

  it('reports a Secret that was never written', async () => {
    fixture = new EngineFixture()
    fixture.failWrites(away)
    fixture.engine.start()
    fixture.apply()
    await fixture.clock.advance(10 * MINUTE)
    expect(fixture.ready).toBe(`False WriteFailed: ${away.message}`)
    expect(fixture.engine.stats().maxUnwrittenMs).toBe(10 * MINUTE)
  })

  it('reports a former target that cannot be released', async () => {
    const { clock } = await changed()
    fixture.apply({ name: 'moved' }, 2)
    await clock.advance(0)
    fixture.apply({ name: 'again' }, 3)
    const write = fixture.writer.apply.bind(fixture.writer)
    fixture.writer.apply = (action) => (action.kind === 'release' ? Promise.reject(away) : write(action))
    await clock.advance(10 * MINUTE)
    expect(fixture.writer.textsOf('again')).toBeDefined()
    expect(fixture.ready).toBe(`False WriteFailed: ${away.message}`)
  })

  it('does not report a short outage', async () => {
    const { clock, writer } = await changed()
    fixture.failWrites(away)
    await clock.advance(110_000)
    fixture.mend()
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    expect(fixture.statuses.map(({ conditions }) => conditions[0]?.reason)).toEqual(['Synced', 'Synced'])
    expect(fixture.eventReasons).toEqual(['Synced', 'Synced'])
  })

  it('reports nothing after a short outage of all systems', async () => {
    const { clock, writer } = await changed()
    fixture.isReported = false
    fixture.failWrites(away)
    await clock.advance(60 * MINUTE)
    fixture.mend()
    await clock.advance(5 * MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    expect(fixture.statuses.map(({ conditions }) => conditions[0]?.reason)).toEqual(['Synced', 'Synced'])
    expect(fixture.eventReasons).toEqual(['Synced', 'Synced'])
  })
})

it('counts no unwritten change and no failed write if only the status cannot be written', async () => {
  const fixture = new EngineFixture()
  await fixture.change()
  fixture.isReported = false
  await fixture.clock.advance(60 * MINUTE)
  expect(fixture.writer.textsOf('web')).toEqual({ password: 'two' })
  expect(fixture.engine.stats().maxUnwrittenMs).toBe(0)
  fixture.mend()
  await fixture.clock.advance(5 * MINUTE)
  expect(fixture.statuses.map(({ conditions }) => conditions[0]?.reason)).toEqual(['Synced', 'Synced'])
  await fixture.engine.close()
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
    const fixture = new EngineFixture()
    fixture.failWrites(terminating)
    fixture.engine.start()
    fixture.apply()
    await fixture.clock.advance(4 * MINUTE)
    expect([fixture.statuses, fixture.events, fixture.skipped[0]]).toEqual([[], [], 'default/web'])
    expect(fixture.engine.stats().maxUnwrittenMs).toBe(0)
    fixture.mend()
    await fixture.clock.advance(2 * MINUTE)
    expect(fixture.events).toHaveLength(1)
    await fixture.engine.close(0)
  })

  it('writes nothing if the deletion is known', async () => {
    const fixture = new EngineFixture()
    fixture.engine.start()
    fixture.apply()
    await fixture.clock.advance(INTERVAL)
    const said = [fixture.statuses.length, fixture.events.length]
    const writes = fixture.writer.actions.length
    fixture.isTerminating = true
    fixture.values.set('app/db', valueOf('two', 'v2'))
    fixture.engine.hint('app/db')
    await fixture.clock.advance(INTERVAL)
    expect([fixture.statuses.length, fixture.events.length]).toEqual(said)
    expect(fixture.skipped).toContain('default/web')
    expect(fixture.engine.stats().maxUnwrittenMs).toBe(0)
    expect(fixture.writer.actions).toHaveLength(writes)
    await fixture.engine.close(0)
  })
})
