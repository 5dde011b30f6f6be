import { SecretSyncError, type TargetRef } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { describe, expect, it, vi } from 'vitest'
import type { SyncResource } from './model/resource.ts'
import { engineFixture } from './testing/engine-fixture.ts'
import { valueOf } from './testing/fixtures.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const forbidden = new SecretSyncError('WriteDenied', 'forbidden', { facts: { httpStatus: 403 } })
const full = new SecretSyncError('TooLarge', 'data is larger than Kubernetes allows', { facts: { httpStatus: 422 } })
const denied = new SecretSyncError('WriteDenied', 'ValidatingAdmissionPolicy denies it')
const password = [{ key: 'app/db', name: 'password' }]

describe('a refused target', () => {
  function start(failures: readonly SecretSyncError[] = []) {
    const clock = new ManualClock()
    const delay = { readMs: 0 }
    const watched = new Map<string, readonly TargetRef[]>()
    const triedAtMs: number[] = []
    const failed: string[] = []
    const read = async () => {
      if (delay.readMs > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, delay.readMs))
      return valueOf('one')
    }
    const fixture = engineFixture(
      { 'app/db': read },
      {
        clock,
        defaults: { intervalMs: 24 * HOUR },
        observer: {
          synced: () => triedAtMs.push(clock.monotonic()),
          failed: (_key, { message }) => failed.push(message),
        },
        targetWatch: { refer: (owner, targets) => watched.set(owner, targets) },
      },
    )
    fixture.writer.failures.push(...failures)
    const apply = (more: Partial<SyncResource> = {}, target: object = {}) =>
      fixture.upsert({ data: password, target }, more)
    return { ...fixture, delay, reads: fixture.backend.reads, watched, triedAtMs, failed, apply }
  }

  /** A resource whose target belongs to another owner, `ms` after its first reconcile. */
  async function refused(ms: number) {
    const fixture = start()
    fixture.writer.putForeign('web')
    fixture.apply()
    await fixture.clock.advance(ms)
    return fixture
  }

  it.each([
    ['forbidden', forbidden],
    ['denied by an admission policy', denied],
    ['full, because others have keys in it', full],
  ])('is written within seconds after a short refusal: %s', async (_what, error) => {
    const { clock, writer, apply } = start([error, error])
    apply()
    await clock.advance(10 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('is written within seconds when the Secret of another owner is deleted', async () => {
    const { clock, writer } = await refused(4 * SECOND)
    expect(writer.actions).toEqual([])
    writer.removeForeign('web')
    await clock.advance(10 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('is retried with a backoff of up to five minutes', async () => {
    const { clock, triedAtMs, apply } = start(Array.from({ length: 1_000 }, () => denied))
    apply()
    await clock.advance(HOUR)
    const pauses = triedAtMs.slice(1).map((ms, index) => (ms - (triedAtMs[index] ?? 0)) / SECOND)
    expect(pauses.slice(0, 11)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
    expect(Math.max(...pauses)).toBe(300)
  })

  it('resets the backoff after a success', async () => {
    const { clock, writer, triedAtMs, apply } = start([denied, denied, denied, denied])
    apply()
    await clock.advance(60 * SECOND)
    writer.failures.push(denied, denied)
    writer.remove('web')
    const before = triedAtMs.length
    await clock.advance(10 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(triedAtMs.length - before).toBe(3)
  })

  it('is observed with backoff while it belongs to another owner, and its secrets are not read', async () => {
    const { clock, writer, reads } = await refused(0)
    const [before] = [writer.observed.length]
    await clock.advance(HOUR)
    expect(reads).toEqual(['app/db'])
    // After 1, 2, 4, … 256 s, then every 300 s.
    expect(writer.observed.length - before).toBe(19)
    writer.removeForeign('web')
    await clock.advance(300 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(reads).toEqual(['app/db', 'app/db'])
  })

  it.each<[string, (writer: MemoryWriter) => void, Record<string, string>]>([
    ['deleted', (writer) => writer.removeForeign('web'), { password: 'one' }],
    ['annotated', (writer) => writer.editForeign('web', { adoptRequested: true }), { theirs: 'x', password: 'one' }],
  ])('is written at once when the watch reports, hours later, that it was %s', async (_what, free, data) => {
    const { clock, engine, writer, watched } = await refused(3 * HOUR)
    expect(watched.get('default/web')).toEqual([{ namespace: 'default', name: 'web' }])
    free(writer)
    engine.targetsChanged(['default/web'])
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual(data)
    expect(watched.get('default/web')).toEqual([])
  })

  it('causes no read for changes that cannot end the refusal', async () => {
    const { clock, engine, writer, reads } = await refused(5 * SECOND)
    const before = writer.observed.length
    for (let change = 0; change < 100; change += 1) {
      writer.editForeign('web', {})
      engine.targetsChanged(['default/web'])
      await clock.advance(SECOND / 10)
    }
    expect(reads).toEqual(['app/db'])
    expect(writer.observed.length - before).toBeLessThanOrEqual(13)
  })

  it('is retried after each change of a Secret whose content caused the refusal', async () => {
    const { clock, engine, writer, reads, apply } = start()
    writer.putForeign('web')
    writer.editForeign('web', { foreignKeys: new Set(['password']) })
    apply({}, { creationPolicy: 'Merge' })
    await clock.advance(5 * SECOND)
    expect(reads).toEqual(['app/db'])
    writer.editForeign('web', {})
    engine.targetsChanged(['default/web'])
    await clock.advance(SECOND)
    expect(reads).toEqual(['app/db', 'app/db'])
  })

  it('is retried with backoff if each change could end the refusal and none does', async () => {
    const { clock, engine, writer, reads } = await refused(5 * SECOND)
    for (let change = 0; change < 3_600; change += 1) {
      writer.editForeign('web', { foreignKeys: new Set([`theirs-${change}`]) })
      engine.targetsChanged(['default/web'])
      await clock.advance(SECOND)
    }
    expect(reads.length).toBeGreaterThan(10)
    expect(reads.length).toBeLessThan(25)
  })

  it.each<[string, (writer: MemoryWriter) => void, Record<string, string>]>([
    ['deleted', (writer) => writer.removeForeign('web'), { password: 'one' }],
    ['annotated', (writer) => writer.editForeign('web', { adoptRequested: true }), { theirs: 'x', password: 'one' }],
  ])(
    'is written within a second after it was %s, even after many changes without an effect',
    async (_what, free, data) => {
      const { clock, engine, writer } = await refused(5 * SECOND)
      for (let change = 0; change < 600; change += 1) {
        writer.editForeign('web', { foreignKeys: new Set([`theirs-${change}`]) })
        engine.targetsChanged(['default/web'])
        await clock.advance(SECOND)
      }
      free(writer)
      engine.targetsChanged(['default/web'])
      await clock.advance(SECOND)
      expect(writer.textsOf('web')).toEqual(data)
    },
  )

  it('is dropped when another target of its resource is refused', async () => {
    const { clock, writer, apply } = start()
    writer.putForeign('web')
    writer.putForeign('other')
    apply()
    await clock.advance(SECOND)
    apply({ generation: 2 }, { name: 'other' })
    await clock.advance(0)
    const before = writer.observed.filter((name) => name === 'web').length
    await clock.advance(HOUR)
    expect(writer.observed.filter((name) => name === 'web')).toHaveLength(before)
  })

  it('is reconciled when its observation is denied, so that the missing permission is reported', async () => {
    const { clock, engine, writer, failed } = await refused(10 * SECOND)
    vi.spyOn(writer, 'observe').mockRejectedValue(forbidden)
    engine.targetsChanged(['default/web'])
    await clock.advance(2 * SECOND)
    expect(failed[0]).toBe('forbidden')
  })

  it.each<[string, (fixture: ReturnType<typeof start>) => void]>([
    ['is deleted', ({ engine }) => engine.remove('default/web')],
    ['is being deleted', ({ apply }) => apply({ terminating: true })],
    ['is given another target', ({ apply }) => apply({ generation: 2 }, { name: 'other' })],
  ])('is no longer observed when its resource %s', async (_what, change) => {
    const fixture = start()
    const { clock, writer, watched, apply } = fixture
    writer.putForeign('web')
    apply()
    await clock.advance(SECOND)
    change(fixture)
    await clock.advance(0)
    const before = writer.observed.length
    await clock.advance(HOUR)
    expect(writer.observed.length).toBe(before)
    expect(watched.get('default/web')).toEqual([])
  })

  it('is observed again after an outage of the API server', async () => {
    const { clock, writer, reads } = await refused(0)
    const observe = vi.spyOn(writer, 'observe').mockRejectedValue(new SecretSyncError('Unavailable', 'it is away'))
    await clock.advance(20 * SECOND)
    expect(reads).toEqual(['app/db'])
    observe.mockRestore()
    writer.removeForeign('web')
    await clock.advance(20 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('is written soon after a change that could briefly not be observed', async () => {
    const { clock, engine, writer } = await refused(3 * HOUR + 10 * SECOND)
    const observe = vi.spyOn(writer, 'observe').mockRejectedValue(new SecretSyncError('Unavailable', 'it is away'))
    writer.removeForeign('web')
    engine.targetsChanged(['default/web'])
    await clock.advance(20 * SECOND)
    // At once, then after pauses of 1, 2, 4 and 8 s.
    expect(observe).toHaveBeenCalledTimes(5)
    observe.mockRestore()
    await clock.advance(20 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it.each([
    ['waits for its observation', 2_200],
    ['is being observed', 2_700],
  ])('is written soon after a change that %s when another reconcile ends', async (_what, endsInMs) => {
    const { clock, engine, writer, delay, apply } = await refused(3 * HOUR + 10 * SECOND)
    const observe = writer.observe.bind(writer)
    vi.spyOn(writer, 'observe').mockImplementation(async (...request) => {
      const observed = await observe(...request)
      await new Promise<void>((resolve) => clock.setTimeout(resolve, SECOND / 2))
      return observed
    })
    // The reconcile observes the target before it reads.
    delay.readMs = endsInMs - SECOND / 2
    apply({ generation: 2 })
    await clock.advance(1_500)
    writer.editForeign('web', {})
    engine.targetsChanged(['default/web'])
    await clock.advance(SECOND / 2)
    writer.removeForeign('web')
    engine.targetsChanged(['default/web'])
    delay.readMs = 0
    await clock.advance(10 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('is observed once a second for all its resources, without reads, if it changes constantly', async () => {
    const { clock, engine, writer, reads, apply } = start()
    const names = Array.from({ length: 50 }, (_, index) => `resource-${index}`)
    writer.putForeign('web')
    for (const name of names) apply({ name, uid: name }, { name: 'web' })
    await clock.advance(0)
    const [readsBefore, observedBefore] = [reads.length, writer.observed.length]
    for (let change = 0; change < 600; change += 1) {
      writer.editForeign('web', {})
      engine.targetsChanged(names.map((name) => `default/${name}`))
      await clock.advance(SECOND / 10)
    }
    expect(reads.length).toBe(readsBefore)
    expect(writer.observed.length - observedBefore).toBeLessThanOrEqual(61)
    writer.removeForeign('web')
    engine.targetsChanged(names.map((name) => `default/${name}`))
    await clock.advance(2 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })
})

describe('the reads of resources', () => {
  it('are reported before their stores are resolved, when they change, and when the resource is deleted', async () => {
    const reported: string[] = []
    const { clock, engine, upsert, store } = engineFixture(
      { 'app/db': 'one' },
      {
        standby: true,
        resolveStore: ({ secret }) => {
          reported.push(`looked up for ${secret}`)
          return store.resolution
        },
        onDemand: ({ name, createdMs, reads }) =>
          reported.push(`${name} of ${createdMs} reads ${reads.map(({ secret }) => secret).join()}`),
      },
    )
    upsert({ data: password }, { createdMs: 7 })
    engine.start()
    await clock.advance(SECOND)
    expect(reported.splice(0).slice(0, 2)).toEqual(['web of 7 reads app/db', 'looked up for app/db'])
    upsert({ data: password }, { createdMs: 7, version: '2' })
    engine.remove('default/web')
    expect(reported).toEqual(['web of 7 reads '])
  })
})
