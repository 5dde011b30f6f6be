import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { KubeApiError } from '@ack-secret-manager/k8s-client'
import { expect, it, onTestFinished } from 'vitest'
import { ApiProbe } from './api-probe.ts'

/** A probe with the time of its requests; `answer` is the result of the next ones. */
async function start() {
  const clock = new ManualClock()
  const asked: number[] = []
  const state = { answer: undefined as Error | undefined, isWatched: true, activityMs: 0, changes: 0 }
  const probe = new ApiProbe({
    client: {
      get: () => {
        asked.push(clock.monotonic())
        return state.answer === undefined ? Promise.resolve({} as never) : Promise.reject(state.answer)
      },
    },
    clock,
    isWatched: () => state.isWatched,
    lastActivityMs: () => state.activityMs,
    onChange: () => {
      state.changes += 1
    },
  })
  const stop = new AbortController()
  const run = probe.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await run
  })
  await clock.advance(0)
  return { probe, clock, asked, state }
}

const timeout = new SecretSyncError('Timeout', 'no response in 5000 ms')
const statusError = (status: number): KubeApiError =>
  new KubeApiError(`status ${status}`, { status, reason: '', causes: [] })

it('asks only after a silence, and only for a page', async () => {
  const { probe, clock, asked, state } = await start()
  await clock.advance(19_000)
  state.activityMs = 19_000
  await clock.advance(19_000)
  expect(asked).toEqual([])
  await clock.advance(2_000)
  expect(asked).toEqual([39_000])
  expect(probe.heardMs).toBe(39_000)
  state.isWatched = false
  await clock.advance(60_000)
  expect(asked).toHaveLength(1)
})

it('says that the API server does not answer after two failures, since the first, until it answers', async () => {
  const { probe, clock, asked, state } = await start()
  state.answer = timeout
  await clock.advance(21_000)
  expect([asked.length, probe.health.state, state.changes]).toEqual([1, 'ok', 0])
  await clock.advance(3_000)
  const sinceMs = Date.UTC(2026, 0, 1) + 20_000
  expect(probe.health).toEqual({ state: 'disconnected', sinceMs, message: 'no response in 5000 ms' })
  state.answer = undefined
  await clock.advance(3_000)
  expect([probe.health.state, state.changes]).toEqual(['ok', 2])
})

it('believes a watch that goes on', async () => {
  const { probe, clock, state } = await start()
  state.answer = timeout
  await clock.advance(24_000)
  expect(probe.health.state).toBe('disconnected')
  state.activityMs = clock.monotonic()
  await clock.advance(3_000)
  expect(probe.health.state).toBe('ok')
})

it('asks at once when a read has failed, and says at once that the credential is refused', async () => {
  const { probe, clock, asked, state } = await start()
  state.answer = statusError(401)
  await clock.advance(5_000)
  probe.doubt()
  await clock.advance(0)
  expect([asked, probe.health.state]).toEqual([[5_000], 'unauthenticated'])
  // A watch that was open before goes on without the credential.
  state.activityMs = 6_000
  await clock.advance(3_000)
  expect(probe.health.state).toBe('unauthenticated')
  state.answer = undefined
  await clock.advance(3_000)
  expect(probe.health.state).toBe('ok')
})

it.each([
  [403, 'ok'],
  [404, 'ok'],
  [429, 'ok'],
  [503, 'disconnected'],
])('takes a status %i twice for %s', async (code, health) => {
  const { probe, clock, state } = await start()
  state.answer = statusError(code)
  probe.doubt()
  await clock.advance(4_000)
  probe.doubt()
  await clock.advance(4_000)
  expect(probe.health.state).toBe(health)
})
