import { ManualClock, type ObservedSecret, type TargetAction } from '@ack-secret-manager/core'
import { afterEach, describe, expect, it } from 'vitest'
import { RateLimits } from './sources/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, type FakeValue, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'
import { MemoryWriter } from './testing/memory-writer.ts'

const INTERVAL = 120_000
const spec = specOf({ data: [{ key: 'app/db', name: 'password' }] })
let close: (() => Promise<void>) | undefined

/** Somebody may be quicker than what is applied next. */
class ContestedWriter extends MemoryWriter {
  before: (() => void) | undefined

  override apply(action: TargetAction): Promise<ObservedSecret | undefined> {
    const { before } = this
    this.before = undefined
    before?.()
    return super.apply(action)
  }
}

/** An engine that has written `one`, over a writer that another process of ours has, too. */
async function start() {
  const clock = new ManualClock()
  const values = new Map<string, FakeValue>()
  const backend = mapBackend(values)
  const writer = new ContestedWriter(digester)
  const engine = new SyncEngine({
    writer,
    digester,
    clock,
    random: () => 0.5,
    resolveStore: () => ({ kind: 'ready', connection: connectionOf(backend) }),
    defaults: { intervalMs: INTERVAL, disablePolling: false },
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    reporter: { writeStatus: () => Promise.resolve(), recordEvent: () => undefined },
  })
  close = () => engine.close()
  engine.start()
  const rotate = (text: string): void => void values.set('app/db', valueOf(text, text))
  rotate('one')
  engine.upsert(resourceOf(spec))
  await clock.advance(0)
  return {
    clock,
    writer,
    rotate,
    elsewhere: (text: string) => writer.rewrite('web', 'password', text, text),
    text: () => writer.textsOf('web')?.password,
    writes: () => writer.actions.length - 1,
  }
}

describe('another process of ours with the same targets', () => {
  afterEach(async () => {
    await close?.()
    close = undefined
  })

  it('is not overwritten with an older value that was read before it wrote', async () => {
    const { clock, writer, rotate, elsewhere, text, writes } = await start()
    rotate('two')
    writer.before = () => {
      rotate('three')
      elsewhere('three')
    }
    for (let second = 0; second < INTERVAL / 1_000 + 10; second += 1) {
      await clock.advance(1_000)
      expect(text()).not.toBe('two')
    }
    expect(text()).toBe('three')
    expect(writes()).toBe(0)
  })

  it('is corrected when it writes an older value, as soon as that is seen', async () => {
    const { clock, elsewhere, text, writes } = await start()
    elsewhere('zero')
    await clock.advance(0)
    expect(text()).toBe('one')
    expect(writes()).toBe(1)
  })

  it('is right when it writes a newer value, which is then read and not written', async () => {
    const { clock, rotate, elsewhere, text, writes } = await start()
    rotate('two')
    elsewhere('two')
    await clock.advance(0)
    expect(text()).toBe('two')
    expect(writes()).toBe(0)
  })

  it('that goes on writing another value is answered more and more slowly', async () => {
    const { clock, elsewhere, text, writes } = await start()
    const seconds = 600
    for (let second = 0; second < seconds; second += 1) {
      if (text() === 'one') elsewhere('zero')
      await clock.advance(1_000)
    }
    expect(writes()).toBeGreaterThan(3)
    expect(writes()).toBeLessThan(seconds / 20)
  })
})
