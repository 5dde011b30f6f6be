import { ManualClock } from '@ack-secret-manager/core/testing'
import { afterEach, expect, it } from 'vitest'
import { RenderThread } from './render-thread.ts'
import { request } from './testing/render.ts'

const ENDLESS = request(['{{ range 1000000000000 }}{{ end }}'])

let thread: RenderThread | undefined
afterEach(async () => thread?.close())

it.each([
  ['a request that exceeds its CPU time is lost', [[1_000, 1_000]]],
  [
    'a request that did not get its CPU time on a busy machine gets more time',
    [
      [1_000, 400],
      [600, 600],
    ],
  ],
  ['a request ends at the clock timeout', Array.from({ length: 10 }, () => [1_000, 0]), 'clock'],
])('%s', async (_rule, steps, reason = 'time') => {
  const clock = new ManualClock()
  let cpuMs = 0
  thread = new RenderThread({ clock, startTimeoutMs: 30_000, cpuMs: () => Promise.resolve(cpuMs) })
  await thread.render(request(['x']), 1_000)
  const response = thread.render(ENDLESS, 1_000)
  let ended = false
  void response.then(() => (ended = true))
  await clock.advance(0)
  for (const [passedMs = 0, workedMs = 0] of steps) {
    await clock.advance(passedMs - 1)
    expect(ended).toBe(false)
    cpuMs += workedMs
    await clock.advance(1)
  }
  expect(await response).toEqual({ kind: 'lost', reason })
})
