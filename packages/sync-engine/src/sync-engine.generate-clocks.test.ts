import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { DAILY, DAY, HOUR, generate, startGenerating } from './testing/generating-engine.ts'

const MINUTE = 60_000
const MONTHLY = { generate: [generate({ rotationInterval: '720h' })] }

it('a clock that jumps forward rotates nothing, not even during a sync for another reason', async () => {
  const { clock, texts, upsert } = startGenerating({ defaults: { intervalMs: HOUR } }, { db: 'one' })
  await upsert(MONTHLY)
  clock.jumpWallClock(365 * DAY)
  await upsert({ ...MONTHLY, data: [{ key: 'db', name: 'url' }] }, { generation: 2 })
  await clock.advance(9 * MINUTE)
  expect(texts()).toEqual({ password: 'new-1', url: 'one' })
  clock.jumpWallClock(-365 * DAY)
  await clock.advance(29 * DAY)
  expect(texts()).toEqual({ password: 'new-1', url: 'one' })
  await clock.advance(DAY)
  expect(texts()).toEqual({ password: 'new-2', url: 'one' })
})

it('a jump that lasts ten minutes is a correction, which the interval follows', async () => {
  const { clock, texts, upsert } = startGenerating()
  await upsert(MONTHLY)
  clock.jumpWallClock(29 * DAY)
  await clock.advance(DAY)
  expect(texts()).toEqual({ password: 'new-1' })
  await clock.advance(15 * MINUTE)
  expect(texts()).toEqual({ password: 'new-2' })
})

it('a process that starts with a wrong clock rotates nothing, and reports the reason', async () => {
  const { clock, writer, generators, upsert } = startGenerating()
  await upsert(DAILY)
  const wrong = new ManualClock(clock.now() + 3 * DAY)
  writer.serverTime = () => clock.now() + wrong.monotonic()
  const second = startGenerating({ writer, generators, clock: wrong })
  await second.upsert(DAILY)
  await wrong.advance(HOUR)
  expect([second.texts(), second.ready()]).toEqual([{ password: 'new-1' }, 'True Synced'])
  expect(second.message()).toBe(
    "1 key up to date; rotation of password waits: the clocks of the operator and the API server differ, or the operator's clock has jumped",
  )
  wrong.jumpWallClock(-3 * DAY)
  await wrong.advance(HOUR)
  expect([second.texts(), second.message()]).toEqual([{ password: 'new-1' }, '1 key up to date'])
})

it('a value that a process with a wrong clock generates is not rotated early', async () => {
  const server = new ManualClock()
  const behind = new ManualClock(server.now() - 3 * DAY)
  const first = startGenerating({ clock: behind })
  const { writer, generators } = first
  writer.serverTime = () => server.now()
  await first.upsert(DAILY)
  const second = startGenerating({ writer, generators, clock: new ManualClock(server.now()) })
  await second.upsert(DAILY)
  await second.clock.advance(DAY - 1_000)
  expect(second.texts()).toEqual({ password: 'new-1' })
})
