import { SecretSyncError } from '@ack-secret-manager/core'
import type { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SyncEngine } from './sync-engine.ts'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { type FakeValue, resourceOf, specOf, valueOf } from './testing/fixtures.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from './testing/property-runs.ts'

const spec = specOf({ data: [{ key: 'app/db', name: 'password' }] })

/**
 * The fates of a status write: its response arrives, its response is lost, the write itself is lost, or it arrives late. The watch
 * event may come before the response, another user may overwrite it, or a list may only show an older version.
 */
const FATES = ['responded', 'response lost', 'lost', 'late', 'seen first', 'overwritten at once', 'undone'] as const
type Fate = (typeof FATES)[number]

const FOREIGN: ExternalSecretStatus = {
  observedGeneration: 1,
  conditions: [{ type: 'Ready', status: 'False', reason: 'Elsewhere', message: '', lastTransitionTime: '' }],
  dataSyncResults: [],
  secrets: [],
}

/** An engine, and the status of its only resource on the API server and in its watch. */
class StatusFixture {
  readonly engine: SyncEngine
  readonly clock: ManualClock
  readonly values: Map<string, FakeValue>
  fate: Fate = 'responded'
  status: ExternalSecretStatus | undefined
  syncs = 0
  writes = 0
  #version = 1
  readonly #untold: (() => void)[] = []
  readonly #late: ExternalSecretStatus[] = []

  constructor() {
    const { engine, clock, values } = engineFixture(
      { 'app/db': 'one' },
      {
        standby: true,
        reporter: {
          writeStatus: async (_resource, status) => this.#receive(status),
          isNewer: (version, than) => Number(version) > Number(than),
        },
        observer: { synced: () => (this.syncs += 1) },
      },
    )
    this.engine = engine
    this.clock = clock
    this.values = values
    this.put(undefined)
    this.watch()
    this.engine.start()
  }

  /** The version and readiness in the status. */
  get lastStatus(): string {
    return `${this.status?.conditions[0]?.status} ${this.status?.secrets?.[0]?.versionId}`
  }

  /** Another user writes the status; the watch event follows. */
  put(status: ExternalSecretStatus | undefined): string {
    if (status !== this.status) this.#version += 1
    this.status = status
    const version = String(this.#version)
    this.#untold.push(() => this.engine.upsert(resourceOf(spec, { status, version })))
    return version
  }

  /** Delivers all pending watch events. */
  watch(): void {
    for (const tell of this.#untold.splice(0)) tell()
  }

  /** A request whose caller has given up arrives. */
  land(): void {
    for (const status of this.#late.splice(0)) this.put(status)
  }

  #receive(status: ExternalSecretStatus): string {
    const { fate, status: former } = this
    this.writes += 1
    if (fate === 'late') this.#late.push(status)
    if (fate === 'late' || fate === 'lost') throw new SecretSyncError('Unavailable', 'reset')
    const version = this.put(status)
    if (fate === 'response lost') throw new SecretSyncError('Unavailable', 'reset')
    if (fate === 'overwritten at once') this.put(FOREIGN)
    if (fate === 'undone') this.put(former)
    if (fate === 'undone') this.#untold.splice(0, this.#untold.length - 1)
    if (fate !== 'responded') this.watch()
    return version
  }
}

describe('the status of a resource', () => {
  let fixture: StatusFixture

  async function settled(): Promise<StatusFixture> {
    fixture = new StatusFixture()
    await fixture.clock.advance(INTERVAL)
    fixture.watch()
    await fixture.clock.advance(INTERVAL)
    expect(fixture.lastStatus).toBe('True v1')
    return fixture
  }

  it('is restored after another user has written it', async () => {
    const { clock } = await settled()
    fixture.put(FOREIGN)
    fixture.watch()
    await clock.advance(0)
    expect(fixture.lastStatus).toBe('True v1')
  })

  it('triggers no reconcile when the watch delivers it, before or after its response', async () => {
    const { clock, values } = await settled()
    for (const [fate, version] of [
      ['responded', 'v2'],
      ['seen first', 'v3'],
    ] as const) {
      fixture.fate = fate
      values.set('app/db', valueOf(version, version))
      await clock.advance(INTERVAL)
      const { syncs } = fixture
      fixture.watch()
      await clock.advance(INTERVAL)
      expect([fixture.syncs, fixture.lastStatus]).toEqual([syncs, `True ${version}`])
    }
  })

  it('is restored after it was overwritten before its response, and only that is reported', async () => {
    const { clock, values } = await settled()
    fixture.fate = 'undone'
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(INTERVAL)
    expect(fixture.lastStatus).toBe('True v1')
    fixture.fate = 'responded'
    await clock.advance(INTERVAL)
    expect(fixture.lastStatus).toBe('True v2')
  })

  it('is restored with backoff while another user keeps writing it', async () => {
    const { clock, writes } = await settled()
    fixture.fate = 'overwritten at once'
    fixture.put(FOREIGN)
    fixture.watch()
    await clock.advance(600_000)
    expect(fixture.writes - writes).toBeLessThan(25)
    fixture.fate = 'responded'
    await clock.advance(600_000)
    expect(fixture.lastStatus).toBe('True v1')
  })

  it('is eventually correct, after any lost request, response or event', { timeout: PROPERTY_TIMEOUT_MS }, async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('fate' as const), fate: fc.constantFrom(...FATES) }),
      fc.record({ kind: fc.constant('value' as const), version: fc.constantFrom('v1', 'v2', undefined) }),
      fc.record({ kind: fc.constantFrom('foreign', 'watch', 'land') }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 1_000, INTERVAL) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { clock, values, engine } = await settled()
        for (const each of steps) {
          if ('fate' in each) fixture.fate = each.fate
          else if ('ms' in each) await clock.advance(each.ms)
          else if ('version' in each) setVersion(values, each.version)
          else if (each.kind === 'foreign') fixture.put(FOREIGN)
          else fixture[each.kind === 'land' ? 'land' : 'watch']()
        }
        fixture.fate = 'responded'
        setVersion(values, 'v3')
        await clock.advance(INTERVAL)
        fixture.land()
        for (let round = 0; round < 4; round += 1) {
          fixture.watch()
          await clock.advance(600_000)
        }
        expect(fixture.lastStatus).toBe('True v3')
        const { writes } = fixture
        await clock.advance(600_000)
        expect(fixture.writes).toBe(writes)
        await engine.close()
      }),
      { numRuns: propertyRuns(50) },
    )
  })
})

function setVersion(values: Map<string, FakeValue>, version: string | undefined): void {
  if (version === undefined) values.delete('app/db')
  else values.set('app/db', valueOf(version, version))
}
