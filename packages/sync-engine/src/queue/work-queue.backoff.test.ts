import { defined, SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { PRIORITY } from './priority.ts'
import { WorkQueue } from './work-queue.ts'

/** @param draws random numbers; then always the longest pause that the jitter allows */
function failingQueue({ retryAfterMs, draws = [] }: { retryAfterMs?: number; draws?: number[] } = {}) {
  const clock = new ManualClock()
  const pauses: number[] = []
  const queue = new WorkQueue({
    clock,
    random: () => draws.shift() ?? 0,
    process: () => {
      const facts = defined({ retryAfterMs })
      return Promise.reject(new SecretSyncError('Unavailable', 'the API server is away', { facts }))
    },
    onError: (_key, _error, retryInMs) => pauses.push(Math.round(retryInMs)),
    backoff: { baseMs: 1_000, maxMs: 300_000 },
  })
  queue.start()
  return { clock, queue, pauses }
}

it('doubles the pause after each retry that fails', async () => {
  const { clock, queue, pauses } = failingQueue()
  queue.add('a', PRIORITY.changed)
  await clock.advance(7_500)
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000])
})

it('pauses at most about twice as long as the work has failed, however many retries that were', async () => {
  const { clock, queue, pauses } = failingQueue({ draws: Array.from({ length: 8 }, () => 0.9) })
  const startMs = clock.monotonic()
  queue.add('a', PRIORITY.changed)
  while (pauses.length < 9) await clock.advance(50)
  const failingMs = clock.monotonic() - startMs
  expect(pauses[8]).toBeLessThanOrEqual(2 * (1_000 + failingMs))
  expect(pauses[8]).toBeGreaterThan(failingMs)
})

it('does not extend the pause for additional triggers', async () => {
  const { clock, queue, pauses } = failingQueue()
  for (let event = 0; event < 12; event += 1) {
    queue.add('a', PRIORITY.changed)
    await clock.advance(50)
  }
  expect(pauses.length).toBe(12)
  expect(Math.max(...pauses)).toBe(1_000)
})

it('resets the pause after a success', async () => {
  const clock = new ManualClock()
  const pauses: number[] = []
  const results = [false, true, false, false]
  const queue: WorkQueue = new WorkQueue({
    clock,
    random: () => 0,
    process: () => {
      if (results.shift() !== true) return Promise.reject(new Error('away'))
      queue.addAfter('a', 60_000, PRIORITY.routine)
      return Promise.resolve()
    },
    onError: (_key, _error, retryInMs) => pauses.push(Math.round(retryInMs)),
    backoff: { baseMs: 1_000, maxMs: 300_000 },
  })
  queue.start()
  for (let attempt = 0; attempt < 3; attempt += 1) {
    queue.add('a', PRIORITY.changed)
    await clock.advance(50)
  }
  expect(pauses).toEqual([1_000, 1_000])
  await clock.advance(1_000)
  expect(pauses).toEqual([1_000, 1_000, 2_000])
  await queue.close(0)
})

it.each([
  ['as long as the error requests', 60_000, [60_000, 60_000]],
  ['at most as long as after many failures', 3_600_000, [300_000, 300_000]],
  ['as long as without the request, if that is longer', 1_500, [1_500, 2_000]],
])('pauses %s', async (_rule, retryAfterMs, first) => {
  const { clock, queue, pauses } = failingQueue({ retryAfterMs })
  queue.add('a', PRIORITY.changed)
  await clock.advance(300_000)
  expect(pauses.slice(0, 2)).toEqual(first)
})
