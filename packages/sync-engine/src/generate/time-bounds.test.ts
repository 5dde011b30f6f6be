import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { SteadyClock } from './steady-clock.ts'
import { timeBounds } from './time-bounds.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

it.each<[string, readonly (number | undefined)[], readonly [number, number]]>([
  ['no other clock', [], [DAY, DAY]],
  ['a clock that cannot be read', [undefined], [DAY, DAY]],
  ['a clock that differs by seconds, as a header in whole seconds does', [DAY - 999], [DAY, DAY]],
  ['a clock that differs by five minutes', [DAY + 5 * MINUTE], [DAY, DAY]],
  ['a clock that is ahead', [DAY + 6 * MINUTE], [DAY, DAY + 6 * MINUTE]],
  ['a clock that is behind', [0], [0, DAY]],
  ['clocks on both sides', [0, 2 * DAY], [0, 2 * DAY]],
])('the time is between those of all clocks: %s', (_what, others, [earliestMs, latestMs]) => {
  expect(timeBounds(DAY, ...others)).toEqual({ earliestMs, latestMs })
})

it('a jump of the clock counts after ten minutes', async () => {
  const clock = new ManualClock()
  const steady = new SteadyClock(clock)
  clock.jumpWallClock(30 * DAY)
  expect(steady.now()).toBe(clock.now() - 30 * DAY)
  await clock.advance(10 * MINUTE - 1)
  expect(steady.now()).toBe(clock.now() - 30 * DAY)
  await clock.advance(1)
  expect(steady.now()).toBe(clock.now())
})

it.each([
  ['forward and back', [30 * DAY, -30 * DAY]],
  ['back and forward', [-30 * DAY, 30 * DAY]],
])('a clock that jumps %s has not changed', async (_how, jumps) => {
  const clock = new ManualClock()
  const steady = new SteadyClock(clock)
  const startMs = clock.now()
  for (const byMs of jumps) {
    clock.jumpWallClock(byMs)
    expect(steady.now()).toBe(startMs + clock.monotonic())
    await clock.advance(9 * MINUTE)
  }
  expect(steady.now()).toBe(clock.now())
})

it('each of two jumps has ten minutes', async () => {
  const clock = new ManualClock()
  const steady = new SteadyClock(clock)
  for (let jump = 0; jump < 2; jump += 1) {
    clock.jumpWallClock(30 * DAY)
    steady.now()
    await clock.advance(9 * MINUTE)
  }
  expect(steady.now()).toBe(clock.now() - 60 * DAY)
})

it('a clock that is adjusted slowly is followed at once', async () => {
  const clock = new ManualClock()
  const steady = new SteadyClock(clock)
  for (let step = 0; step < 100; step += 1) {
    clock.jumpWallClock(4 * MINUTE)
    await clock.advance(MINUTE)
    expect(steady.now()).toBe(clock.now())
  }
})
