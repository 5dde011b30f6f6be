import { ManualClock } from '@ack-secret-manager/core/testing'
import { afterEach, expect, it } from 'vitest'
import { RenderThread, type SharedEngine } from './render-thread.ts'
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

/** Has no functions, so that no thread can start it. */
const EMPTY_MODULE = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))

it('a thread starts the engine that an earlier one has compiled', async () => {
  const shared: SharedEngine = {}
  const options = { clock: new ManualClock(), startTimeoutMs: 30_000, shared }
  thread = new RenderThread(options)
  expect(await thread.render(request(['x']), 1_000)).toMatchObject({ kind: 'outputs' })
  expect(shared.module?.deref()).toBeInstanceOf(WebAssembly.Module)
  await thread.close()
  shared.module = new WeakRef(EMPTY_MODULE)
  thread = new RenderThread(options)
  expect(await thread.render(request(['x']), 1_000)).toMatchObject({ kind: 'unusable' })
})
