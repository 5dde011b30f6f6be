import { ManualClock, SecretSyncError } from '@ack-secret-manager/core'
import { afterEach, describe, expect, it } from 'vitest'
import { RateLimits } from './sources/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'
import { MemoryWriter } from './testing/memory-writer.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const forbidden = new SecretSyncError('WriteDenied', 'forbidden', { facts: { httpStatus: 403 } })
const denied = new SecretSyncError('WriteDenied', 'ValidatingAdmissionPolicy denies it')

describe('a target that is refused', () => {
  let engine: SyncEngine
  afterEach(() => engine.close())

  function start(failures: readonly SecretSyncError[] = []) {
    const clock = new ManualClock()
    const values = new Map<string, FakeValue>([['app/db', valueOf('one')]])
    const writer = new MemoryWriter(digester)
    writer.failures.push(...failures)
    const triedAtMs: number[] = []
    engine = new SyncEngine({
      writer,
      digester,
      clock,
      random: () => 0.5,
      resolveStore: () => ({ kind: 'ready', connection: connectionOf(mapBackend(values)) }),
      defaults: { intervalMs: 24 * HOUR, disablePolling: false },
      sources: { rateLimits: new RateLimits({ qps: 0 }) },
      reporter: { writeStatus: () => Promise.resolve(), recordEvent: () => undefined },
      observer: { synced: () => triedAtMs.push(clock.monotonic()) },
    })
    const apply = () => engine.upsert(resourceOf(specOf({ data: [{ key: 'app/db', name: 'password' }] })))
    return { clock, writer, triedAtMs, apply }
  }

  it.each([
    ['forbidden', forbidden],
    ['denied by an admission policy', denied],
  ])('for a moment, %s, is written within seconds', async (_what, error) => {
    const { clock, writer, apply } = start([error, error])
    engine.start()
    apply()
    await clock.advance(10 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('because another user holds it is written within seconds when that one is deleted', async () => {
    const { clock, writer, apply } = start()
    writer.putForeign('web')
    engine.start()
    apply()
    await clock.advance(4 * SECOND)
    expect(writer.actions).toEqual([])
    writer.remove('web')
    await clock.advance(10 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('for hours is tried with pauses that double up to five minutes', async () => {
    const { clock, triedAtMs, apply } = start(Array.from({ length: 1_000 }, () => denied))
    engine.start()
    apply()
    await clock.advance(HOUR)
    const pauses = triedAtMs.slice(1).map((ms, index) => (ms - (triedAtMs[index] ?? 0)) / SECOND)
    expect(pauses.slice(0, 11)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
    expect(Math.max(...pauses)).toBe(300)
  })

  it('begins with short pauses again after a success', async () => {
    const { clock, writer, triedAtMs, apply } = start([denied, denied, denied, denied])
    engine.start()
    apply()
    await clock.advance(60 * SECOND)
    writer.failures.push(denied, denied)
    writer.remove('web')
    const before = triedAtMs.length
    await clock.advance(10 * SECOND)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(triedAtMs.length - before).toBe(3)
  })
})
