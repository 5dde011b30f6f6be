import { type ObservedSecret, SecretSyncError, type TargetAction } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { digester, type FakeValue, valueOf } from './testing/fixtures.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from './testing/property-runs.ts'

const spec = { data: [{ key: 'app/db', name: 'password' }] }

/** An action before the next apply. */
class ContestedWriter extends MemoryWriter {
  before: ((action: TargetAction) => void) | undefined

  override async apply(action: TargetAction): Promise<ObservedSecret | undefined> {
    this.before?.(action)
    return super.apply(action)
  }
}

/** An engine that has written version 1, with a writer that another operator process shares. */
async function start({ intervalMs = INTERVAL, latencyMs = 0 } = {}) {
  const clock = new ManualClock()
  let version = 1
  // The state at the time of the request, however late the response arrives.
  const current = (): FakeValue => {
    const value = valueOf(String(version), String(version))
    return latencyMs === 0 ? value : () => new Promise((resolve) => clock.setTimeout(() => resolve(value), latencyMs))
  }
  const writer = new ContestedWriter(digester)
  const fixture = engineFixture({ 'app/db': current() }, { clock, writer, defaults: { intervalMs } })
  fixture.upsert(spec)
  await clock.advance(latencyMs)
  return {
    ...fixture,
    writer,
    rotate: () => {
      version += 1
      fixture.values.set('app/db', current())
    },
    elsewhere: (written = version) => writer.rewrite('web', 'password', String(written), String(written)),
    held: () => Number(writer.textsOf('web')?.password),
    latest: () => version,
    writes: () => writer.actions.filter(({ target }) => target.name === 'web').length - 1,
  }
}

/** Checks every second, for longer than an interval, that no older version is written. */
async function staysAt(version: number, { clock, held }: Awaited<ReturnType<typeof start>>): Promise<void> {
  let highest = held()
  for (let ms = 0; ms < INTERVAL + 10_000; ms += 1_000) {
    await clock.advance(1_000)
    expect(held()).toBeGreaterThanOrEqual(highest)
    highest = held()
  }
  expect(held()).toBe(version)
}

describe('another replica with the same targets', () => {
  it('is not overwritten with a value that was read before it wrote', async () => {
    const replica = await start()
    const { writer, rotate, elsewhere, writes } = replica
    rotate()
    writer.before = () => {
      writer.before = undefined
      rotate()
      elsewhere()
    }
    await staysAt(3, replica)
    expect(writes()).toBe(0)
  })

  it('is not overwritten with older content of the same version', async () => {
    const { clock, writer, values } = await start()
    const course: (string | undefined)[] = []
    values.set('app/db', valueOf('two', '1'))
    writer.before = () => {
      if (course.length === 0) {
        writer.rewrite('web', 'password', 'three', '1')
        values.set('app/db', valueOf('three', '1'))
      }
      course.push(writer.textsOf('web')?.['password'])
    }
    await clock.advance(2 * INTERVAL)
    expect(course).toEqual(['three'])
    expect(writer.textsOf('web')).toEqual({ password: 'three' })
    expect(writer.actions).toHaveLength(1)
  })

  it('is not overwritten when it writes between a read and the observation of the target', async () => {
    const replica = await start()
    const { values, rotate, elsewhere, writes } = replica
    rotate()
    const two = values.get('app/db') ?? valueOf('')
    values.set('app/db', () => {
      queueMicrotask(() => {
        rotate()
        elsewhere()
      })
      return two as ReturnType<typeof valueOf>
    })
    await staysAt(3, replica)
    expect(writes()).toBe(0)
  })

  it('is not overwritten with plaintext that is cached for another resource', async () => {
    const replica = await start()
    const { clock, upsert, writer, rotate, elsewhere, writes } = replica
    upsert(spec, { name: 'api', uid: 'uid-api' })
    await clock.advance(0)
    rotate()
    let isFirst = true
    writer.before = ({ target }) => {
      if (target.name === 'api') throw new SecretSyncError('WriteFailed', 'quota')
      if (!isFirst) return
      isFirst = false
      rotate()
      elsewhere()
    }
    await staysAt(3, replica)
    expect(writes()).toBe(0)
  })

  it('is corrected when it writes an older value, as soon as the write is observed', async () => {
    const { clock, rotate, elsewhere, held, writes } = await start()
    rotate()
    await clock.advance(INTERVAL)
    elsewhere(1)
    await clock.advance(0)
    expect(held()).toBe(2)
    expect(writes()).toBe(2)
  })

  it('is not overwritten when it writes a newer value, which is then only read', async () => {
    const { clock, rotate, elsewhere, held, writes } = await start()
    rotate()
    elsewhere()
    await clock.advance(0)
    expect(held()).toBe(2)
    expect(writes()).toBe(0)
  })

  it('that keeps writing another value is corrected with backoff', async () => {
    const { clock, elsewhere, held, writes } = await start()
    const seconds = 600
    for (let second = 0; second < seconds; second += 1) {
      if (held() === 1) elsewhere(0)
      await clock.advance(1_000)
    }
    expect(writes()).toBeGreaterThan(3)
    expect(writes()).toBeLessThan(seconds / 20)
  })

  it('never causes an older version to return, in any order of events', { timeout: PROPERTY_TIMEOUT_MS }, async () => {
    const [intervalMs, latencyMs] = [10_000, 4_000]
    const step = fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom('rotate' as const, 'elsewhere' as const, 'fail' as const) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 12 }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const { clock, engine, writer, rotate, elsewhere, held, latest } = await start({ intervalMs, latencyMs })
        let highest = 1
        const pass = async (seconds: number): Promise<void> => {
          for (let second = 0; second < seconds; second += 1) {
            await clock.advance(1_000)
            expect(held()).toBeGreaterThanOrEqual(highest)
            highest = held()
          }
        }
        for (const move of steps) {
          if (move === 'rotate') rotate()
          else if (move === 'elsewhere') elsewhere()
          else if (move === 'fail') writer.failures.push(new SecretSyncError('Unavailable', 'away'))
          else await pass(move)
          highest = Math.max(highest, held())
        }
        // The faults have ended: every failure, however often repeated, is retried within five minutes.
        writer.failures.splice(0)
        await pass(400)
        expect(held()).toBe(latest())
        await engine.close()
      }),
      { numRuns: propertyRuns(40) },
    )
  })
})
