import { expect, it } from 'vitest'
import { withSignal } from './with-signal.ts'

it('waits for a promise', async () =>
  expect(await withSignal(Promise.resolve('value'), new AbortController().signal)).toBe('value'))

it('stops waiting when the signal aborts, or has aborted', async () => {
  const stop = new AbortController()
  const reason = new Error('deadline')
  const waiting = withSignal(new Promise(() => undefined), stop.signal)
  stop.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(withSignal(Promise.resolve(), stop.signal)).rejects.toBe(reason)
})
