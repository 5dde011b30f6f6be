import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { describe, expect, it } from 'vitest'
import { engineFixture } from './testing/engine-fixture.ts'
import { FakeRestarter } from './testing/fake-restarter.ts'
import { digester, valueOf } from './testing/fixtures.ts'

const BATCH = 5_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const { signal } = new AbortController()
const web = { kind: 'Deployment', name: 'web' }
const WINDOW = { cron: '0 2 * * *', timeZone: 'Asia/Shanghai', duration: '1h' }
/** When the window opens. */
const OPENS = Date.parse('2026-11-29T18:00:00Z')

interface Before {
  readonly writer: MemoryWriter
  readonly restarter: FakeRestarter
  readonly nowMs: number
  readonly values: ReadonlyMap<string, string>
}

/** A running engine. @param before what a killed one has left */
function start({
  writer = new MemoryWriter(digester),
  restarter = new FakeRestarter(),
  nowMs = OPENS - 6 * HOUR,
  values = new Map(),
}: Partial<Before> = {}) {
  const events: string[] = []
  /** Log lines, without repeated ones. */
  const logged = new Set<string>()
  const clock = new ManualClock(nowMs)
  restarter.clock = clock
  const fixture = engineFixture(
    { db: valueOf('one'), token: valueOf('one') },
    {
      clock,
      writer,
      restarter,
      reporter: { recordEvent: (_resource, { type, reason, message }) => events.push(`${type} ${reason}: ${message}`) },
      observer: { restartFailed: (_workload, { message }) => logged.add(message) },
    },
  )
  for (const [name, text] of values) fixture.values.set(name, valueOf(text, text))
  const { engine } = fixture
  const upsert = async (secret: string, restart: object): Promise<void> => {
    fixture.upsert({ data: [{ key: secret, name: 'k' }], restart: [restart] }, { name: secret, uid: `uid-${secret}` })
    await clock.advance(0)
  }
  const rotate = async (secret: string, text: string): Promise<void> => {
    fixture.values.set(secret, valueOf(text, text))
    engine.hint(secret)
    await clock.advance(1)
  }
  const isDue = (secret: string): boolean =>
    writer.ownedBy('default', secret)[0]?.records.get(secret)?.restartDue !== undefined
  const restartEvents = (): readonly string[] => events.filter((event) => / Restart/.test(event))
  const waiting = () => engine.stats().restartsWaiting
  return { ...fixture, clock, restarter, restartEvents, logged, upsert, rotate, isDue, waiting }
}

describe('a restart', () => {
  it('waits for its window, and then happens once for all changes', async () => {
    const { clock, restarter, restartEvents, upsert, rotate, isDue, waiting, engine, writer } = start()
    await upsert('db', { ...web, window: WINDOW })
    await upsert('token', { ...web, window: WINDOW })
    await rotate('db', 'two')
    await clock.advance(BATCH)
    expect(writer.textsOf('db')).toEqual({ k: 'two' })
    expect(restartEvents()).toEqual([
      'Normal RestartDelayed: Deployment web still uses the previous value of Secret db: it restarts when its window opens, at 2026-11-29T18:00:00Z',
    ])
    expect([waiting(), await engine.restartsTried({ signal })]).toEqual([{ interval: 0, window: 1, rollout: 0 }, []])
    await clock.advance(2 * HOUR)
    await rotate('token', 'two')
    await clock.advance(OPENS - clock.now() - 1)
    expect([restarter.calls, isDue('db'), isDue('token')]).toEqual([[], true, true])
    // It compares the time once an hour, because clocks are set.
    expect(restarter.attempts).toBeGreaterThan(4)
    expect(restarter.attempts).toBeLessThan(10)
    await clock.advance(BATCH)
    expect(restarter.calls).toEqual(['Deployment web for db, token'])
    expect([isDue('db'), isDue('token'), waiting()]).toEqual([false, false, { interval: 0, window: 0, rollout: 0 }])
    await clock.advance(24 * HOUR)
    expect(restarter.calls).toHaveLength(1)
  })

  it('that has missed its window waits for the next one', async () => {
    const { clock, restarter, upsert, rotate } = start({ nowMs: OPENS + HOUR - BATCH })
    await upsert('db', { ...web, window: WINDOW })
    await rotate('db', 'two')
    await clock.advance(23 * HOUR)
    expect(restarter.calls).toEqual([])
    await clock.advance(2 * BATCH)
    expect(restarter.calls).toEqual(['Deployment web for db'])
  })

  it('without a window also covers the changes of other resources', async () => {
    const { clock, restarter, upsert, rotate, isDue } = start()
    await upsert('db', { ...web, window: WINDOW })
    await upsert('token', web)
    await rotate('db', 'two')
    await clock.advance(HOUR / 2)
    await rotate('token', 'two')
    await clock.advance(BATCH)
    expect([restarter.calls, isDue('db'), isDue('token')]).toEqual([['Deployment web for db, token'], false, false])
    await clock.advance(24 * HOUR)
    expect(restarter.calls).toHaveLength(1)
  })

  it('waits for minInterval, and then happens once for all changes meanwhile', async () => {
    const { clock, restarter, restartEvents, upsert, rotate, isDue } = start()
    await upsert('db', { ...web, minInterval: '30m' })
    await upsert('token', { ...web, minInterval: '30m' })
    await rotate('db', 'two')
    await clock.advance(BATCH)
    expect(restarter.calls).toEqual(['Deployment web for db'])
    for (const text of ['three', 'four']) {
      await rotate('db', text)
      await rotate('token', text)
      await clock.advance(10 * MINUTE)
    }
    expect(restarter.calls).toHaveLength(1)
    expect(restartEvents().filter((event) => event.includes('RestartDelayed'))[0]).toMatch(
      /^Normal RestartDelayed: Deployment web .*: it restarts after minInterval, at 2026-11-29T12:30:0\dZ$/,
    )
    await clock.advance(10 * MINUTE + BATCH)
    expect(restarter.calls).toEqual(['Deployment web for db', 'Deployment web for db, token'])
    expect([isDue('db'), isDue('token')]).toEqual([false, false])
  })

  it.each(['window', 'interval'])('that waits for its %s survives a kill, and happens once', async (reason) => {
    const limit = reason === 'window' ? { window: WINDOW } : { minInterval: '6h' }
    const first = start()
    await first.upsert('db', { ...web, ...limit })
    let before = 0
    if (reason === 'interval') {
      await first.rotate('db', 'zero')
      await first.clock.advance(BATCH)
      before = 1
    }
    await first.rotate('db', 'two')
    await first.clock.advance(HOUR)
    await first.engine.close(0)
    const { writer, restarter, clock } = first
    const second = start({ writer, restarter, nowMs: clock.now(), values: new Map([['db', 'two']]) })
    await second.upsert('db', { ...web, ...limit })
    await second.clock.advance(4 * HOUR)
    expect([restarter.calls.length, second.isDue('db')]).toEqual([before, true])
    await second.clock.advance(HOUR + BATCH)
    expect([restarter.calls.length, second.isDue('db')]).toEqual([before + 1, false])
    await second.clock.advance(24 * HOUR)
    expect(restarter.calls).toHaveLength(before + 1)
  })

  it('that waits for its window survives a Secret that is deleted, and waits until the Secret is there again', async () => {
    const { clock, writer, restarter, upsert, rotate, isDue, values, fail } = start()
    await upsert('db', { ...web, window: WINDOW })
    await rotate('db', 'two')
    await clock.advance(HOUR)
    writer.remove('db')
    await clock.advance(HOUR)
    expect([writer.textsOf('db'), isDue('db')]).toEqual([{ k: 'two' }, true])

    fail('db', 'Unavailable')
    writer.remove('db')
    await clock.advance(4 * HOUR)
    expect([writer.textsOf('db'), restarter.calls]).toEqual([undefined, []])
    values.set('db', valueOf('two', 'two'))
    await clock.advance(24 * HOUR)
    expect([writer.textsOf('db'), restarter.calls, isDue('db')]).toEqual([
      { k: 'two' },
      ['Deployment web for db'],
      false,
    ])
    writer.remove('db')
    await clock.advance(24 * HOUR)
    expect(restarter.calls).toHaveLength(1)
  })

  it('that waits for its window survives a Secret that loses its record', async () => {
    const { clock, writer, restarter, upsert, rotate, isDue } = start()
    await upsert('db', { ...web, window: WINDOW })
    await rotate('db', 'two')
    await clock.advance(HOUR)
    writer.strip('db')
    await clock.advance(HOUR)
    expect(isDue('db')).toBe(true)
    await clock.advance(4 * HOUR)
    expect([restarter.calls, isDue('db')]).toEqual([['Deployment web for db'], false])
  })

  it('waits for the rollout of the last restart without a report', async () => {
    const { clock, restarter, restartEvents, logged, upsert, rotate, waiting, engine, isDue } = start()
    await upsert('db', web)
    restarter.rollouts.set('web', 'progressing')
    await rotate('db', 'two')
    await clock.advance(9 * MINUTE)
    expect([restarter.calls, restartEvents(), logged.size, isDue('db')]).toEqual([[], [], 0, true])
    expect([waiting(), await engine.restartsTried({ signal })]).toEqual([{ interval: 0, window: 0, rollout: 1 }, []])
    expect(restarter.attempts).toBeLessThan(20)
    restarter.rollouts.set('web', 'finished')
    await clock.advance(2 * MINUTE)
    expect([restarter.calls, isDue('db')]).toEqual([['Deployment web for db'], false])
  })

  it('is delayed by a rollout that takes too long, which is reported once and logged', async () => {
    const { clock, restarter, restartEvents, logged, upsert, rotate } = start()
    await upsert('db', web)
    restarter.rollouts.set('web', 'progressing')
    await rotate('db', 'two')
    await clock.advance(HOUR)
    expect([restarter.calls, restartEvents()]).toEqual([
      [],
      [
        'Warning RestartHalted: Deployment web still uses the previous value of Secret db: its rollout does not finish; once it is repaired or undone, the restart follows',
      ],
    ])
    expect([...logged]).toEqual([
      'restart of Deployment default/web waits: its rollout does not finish; once it is repaired or undone, the restart follows',
    ])
  })

  it('is delayed by a failed rollout, and happens when the rollout is repaired', async () => {
    const { clock, restarter, restartEvents, logged, upsert, rotate, isDue, readyCondition } = start()
    await upsert('db', web)
    restarter.rollouts.set('web', 'failed')
    await rotate('db', 'two')
    await clock.advance(BATCH)
    await rotate('db', 'three')
    await clock.advance(24 * HOUR)
    expect([restarter.calls, isDue('db'), readyCondition()?.status]).toEqual([[], true, 'True'])
    expect(restartEvents().every((event) => event.startsWith('Warning RestartHalted:'))).toBe(true)
    // Once for each change.
    expect(restartEvents()).toHaveLength(2)
    expect([...logged]).toEqual([
      expect.stringMatching(/^restart of Deployment default\/web waits: its rollout has failed;/),
    ])
    restarter.rollouts.set('web', 'finished')
    await clock.advance(3 * MINUTE)
    expect([restarter.calls, isDue('db')]).toEqual([['Deployment web for db'], false])
  })
})
