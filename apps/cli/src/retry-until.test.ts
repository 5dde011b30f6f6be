import { type Clock, SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { retryUntil } from './retry-until.ts'

const AWAY = new SecretSyncError('Unavailable', 'away')
const DENIED = new SecretSyncError('AccessDenied', 'denied')
const HANGS = new Promise<never>(() => undefined)
const { signal } = new AbortController()

/** A timer of Node may fire almost a millisecond before its time. */
const hasty = (clock: ManualClock): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic() * 0.9999,
  setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
})

/** Rejects with the reason of the signal, as `fetch` does. */
const untilAborted = (within: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => within.addEventListener('abort', () => reject(within.reason as Error)))

it.each<[what: string, results: ReadonlyArray<(within: AbortSignal) => Promise<string>>, outcome: unknown]>([
  ['the failure before an attempt that the limit cuts off', [() => Promise.reject(AWAY), () => HANGS], AWAY],
  ['the same if that attempt ends with the reason of its signal', [() => Promise.reject(AWAY), untilAborted], AWAY],
  [
    'a timeout with the limit if the first attempt does not end',
    [() => HANGS],
    expect.objectContaining({ code: 'Timeout', message: 'reading db: no response within 4 s' }),
  ],
  ['a refusal at once, also after an outage', [() => Promise.reject(AWAY), () => Promise.reject(DENIED)], DENIED],
  ['the result', [() => Promise.reject(AWAY), () => Promise.reject(AWAY), () => Promise.resolve('value')], 'value'],
])('returns %s', async (_what, results, outcome) => {
  const clock = new ManualClock()
  let attempts = 0
  const work = (within: AbortSignal): Promise<string> =>
    results[attempts++]?.(within) ?? Promise.reject(new Error('one attempt too many'))
  const options = { timeoutMs: 4_000, what: 'reading db', signal, onRetry: () => undefined, clock: hasty(clock) }
  const ended = retryUntil(work, options).catch((error: unknown) => error)
  await clock.advance(4_000)
  expect(await ended).toEqual(outcome)
  expect(attempts).toBe(results.length)
})
