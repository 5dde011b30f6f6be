import { SecretSyncError, type TargetAction } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterEach, describe, expect, it } from 'vitest'
import type { SyncResource } from './model/resource.ts'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const INTERVAL = 120_000
const MINUTE = 60_000
const away = new SecretSyncError('Unavailable', 'patch Secret default/web: the connection was closed')
const gone = (): never => {
  throw new SecretSyncError('NotFound', 'no such secret', { facts: { absent: true } })
}

/** An API server that performs or loses a write, and does not respond. */
class EngineFixture {
  readonly clock = new ManualClock()
  readonly values = new Map<string, FakeValue>([['db', valueOf('one')]])
  readonly writer = new MemoryWriter(digester)
  readonly events: string[] = []
  readonly statuses: ExternalSecretStatus[] = []
  readonly restarted: string[] = []
  readonly engine = new SyncEngine({
    writer: this.writer,
    digester,
    clock: this.clock,
    random: () => 0.5,
    cleanUp: true,
    resolveStore: () => ({ kind: 'ready', connection: connectionOf(mapBackend(this.values)) }),
    defaults: { intervalMs: INTERVAL, disablePolling: false },
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    restarter: {
      restart: ({ name }) => {
        this.restarted.push(name)
        return Promise.resolve({ kind: 'restarted', note: undefined })
      },
    },
    reporter: {
      writeStatus: async (resource, status) => {
        this.statuses.push(status)
        this.#resource = { ...resource, status }
      },
      recordEvent: (_resource, { reason, message }) => this.events.push(`${reason}: ${message}`),
    },
  })
  #resource: SyncResource | undefined

  async upsert(more: Partial<SyncResource> = {}): Promise<void> {
    const restart = [{ kind: 'Deployment', name: 'api' }]
    const spec = specOf({ data: [{ key: 'db', name: 'password' }], restart })
    this.#resource = { ...resourceOf(spec), ...this.#resource, ...more }
    this.engine.upsert(this.#resource)
    await this.clock.advance(0)
  }

  async rotate(text: string, version: string): Promise<void> {
    this.values.set('db', valueOf(text, version))
    this.engine.hint('db')
    await this.clock.advance(1)
  }

  /** The next write gets no response. */
  loseResponse(isApplied = true): void {
    const apply = this.writer.apply.bind(this.writer)
    this.writer.apply = async (action: TargetAction) => {
      this.writer.apply = apply
      if (isApplied) await apply(action)
      throw away
    }
  }

  get lastChangeMs(): number {
    return Date.parse(this.statuses.at(-1)?.target?.lastChangeTime ?? '')
  }
}

describe('a write whose response is lost', () => {
  let fixture: EngineFixture
  const opened = (): EngineFixture => {
    fixture = new EngineFixture()
    fixture.engine.start()
    return fixture
  }
  afterEach(() => fixture.engine.close())

  it('is reported as a change: event, time and restart', async () => {
    const { clock, writer, events, restarted } = opened()
    await fixture.upsert()
    await clock.advance(10 * MINUTE)
    fixture.loseResponse()
    const beforeMs = clock.now()
    await fixture.rotate('two', 'v2')
    await clock.advance(MINUTE)
    expect(writer.actions.filter(({ kind }) => kind !== 'record')).toHaveLength(2)
    expect(events).toEqual([
      'Synced: Secret web: db version v1',
      'Synced: Secret web: db version v2',
      'Restarted: Deployment api restarted because Secret web changed',
    ])
    expect(fixture.lastChangeMs).toBeGreaterThanOrEqual(Math.trunc(beforeMs / 1_000) * 1_000)
    expect(restarted).toEqual(['api'])
  })

  it('is reported when it creates the Secret', async () => {
    const { clock, events } = opened()
    fixture.loseResponse()
    await fixture.upsert()
    await clock.advance(MINUTE)
    expect(events).toEqual(['Synced: Secret web: db version v1'])
    expect(fixture.lastChangeMs).toBeGreaterThanOrEqual(0)
  })

  it('is reported when it adopts a Secret', async () => {
    const { clock, events, writer } = opened()
    writer.putForeign('web')
    fixture.loseResponse()
    await fixture.upsert({ adopt: true })
    await clock.advance(MINUTE)
    expect(events).toEqual(['Adopted: Secret web is now managed by this resource'])
  })

  it('is reported when it repairs drift', async () => {
    const { clock, events, writer } = opened()
    await fixture.upsert()
    fixture.loseResponse()
    writer.tamper('web', 'password')
    await clock.advance(MINUTE)
    expect(events.at(-1)).toBe('DriftCorrected: Secret web was modified by another user and is restored')
    expect(events).toHaveLength(2)
  })

  it('is reported when it deletes the Secret', async () => {
    const { clock, events, writer } = opened()
    await fixture.upsert()
    fixture.values.set('db', gone)
    fixture.engine.hint('db')
    await clock.advance(10_000)
    fixture.loseResponse()
    await clock.advance(MINUTE)
    expect(writer.textsOf('web')).toBeUndefined()
    expect(events.filter((event) => event.startsWith('SecretDeleted'))).toHaveLength(1)
    await fixture.rotate('back', 'v2')
    await clock.advance(INTERVAL)
    expect(events.at(-1)).toBe('Synced: Secret web: db version v2')
  })

  it('is repeated, and reported once, if it was not applied', async () => {
    const { clock, events, writer } = opened()
    await fixture.upsert()
    fixture.loseResponse(false)
    await fixture.rotate('two', 'v2')
    await clock.advance(MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    expect(events.filter((event) => event.startsWith('Synced'))).toHaveLength(2)
  })
})
