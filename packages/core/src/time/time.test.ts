import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sleep, systemClock } from './clock.ts'
import { withDeadline } from './deadline.ts'
import { parseDuration } from './duration.ts'
import { withSignal } from './with-signal.ts'
import { ManualClock } from '../testing/manual-clock.ts'

const never = new AbortController().signal

describe('ManualClock', () => {
  it('fires timers in order of time, then of creation, and awaits their callbacks', async () => {
    const clock = new ManualClock()
    const seen: string[] = []
    clock.setTimeout(() => seen.push(`b at ${clock.monotonic()}`), 20)
    clock.setTimeout(() => void Promise.resolve().then(() => seen.push(`a at ${clock.monotonic()}`)), 10)
    clock.setTimeout(() => seen.push('cancelled'), 15).cancel()
    clock.setTimeout(() => clock.setTimeout(() => seen.push(`nested at ${clock.monotonic()}`), 5), 20)
    await clock.advance(19)
    expect(seen).toEqual(['a at 10'])
    await clock.advance(100)
    expect(seen).toEqual(['a at 10', 'b at 20', 'nested at 25'])
  })

  it('fires a timer at once whose delay is not a number', async () => {
    const clock = new ManualClock()
    const seen: number[] = []
    clock.setTimeout(() => seen.push(clock.monotonic()), Number.NaN)
    await clock.advance(10)
    expect(seen).toEqual([0])
  })

  it('has a wall clock that can jump without affecting timers', async () => {
    const clock = new ManualClock(1_000)
    let fired = false
    clock.setTimeout(() => (fired = true), 10)
    clock.jumpWallClock(3_600_000)
    expect([clock.now(), clock.monotonic()]).toEqual([3_601_000, 0])
    await clock.advance(9)
    expect(fired).toBe(false)
  })
})

describe('withDeadline', () => {
  it('returns the result of the work and leaves no timer', async () => {
    const clock = new ManualClock()
    expect(await withDeadline(async () => 7, { timeoutMs: 10, what: 'work', signal: never, clock })).toBe(7)
    await clock.advance(100)
  })

  it.each([
    ['ignores', false],
    ['heeds', true],
  ])('stops waiting for work that %s its signal', async (_how, heeds) => {
    const clock = new ManualClock()
    let aborted = false
    const result = withDeadline(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true
            if (heeds) reject(new Error('aborted'))
          })
        }),
      { timeoutMs: 10, what: 'reading app/db', signal: never, clock },
    )
    const outcome = result.catch((error: unknown) => error)
    await clock.advance(10)
    expect(await outcome).toMatchObject({ code: 'Timeout', message: 'reading app/db: no response within 10 ms' })
    expect(aborted).toBe(true)
  })

  it('is cancelled by its caller, before and during the work', async () => {
    const controller = new AbortController()
    const options = { timeoutMs: 10_000, what: 'work', signal: controller.signal, clock: new ManualClock() }
    const during = withDeadline(() => new Promise(() => undefined), options)
    controller.abort()
    await expect(during).rejects.toMatchObject({ code: 'Cancelled' })
    await expect(withDeadline(async () => 1, options)).rejects.toMatchObject({ code: 'Cancelled' })
  })
})

describe('systemClock', () => {
  it('lets a response win that arrived while the process did not run, although its deadline has passed', async () => {
    const gate = new Int32Array(new SharedArrayBuffer(4))
    const source = `const { parentPort, workerData: gate } = require('node:worker_threads')
      Atomics.wait(gate, 0, 0)
      parentPort.postMessage('response')
      Atomics.store(gate, 0, 2)
      Atomics.notify(gate, 0)`
    const worker = new Worker(source, { eval: true, workerData: gate })
    await once(worker, 'online')
    // The event loop continues with timers.
    await new Promise((resolve) => setImmediate(resolve))
    const options = { timeoutMs: 1, what: 'reading app/db', signal: never, clock: systemClock }
    const result = withDeadline(() => once(worker, 'message'), options).catch((error: unknown) => error)
    // Blocks this thread: first until the deadline has passed, then until the response has arrived.
    Atomics.wait(gate, 0, 0, 20)
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
    Atomics.wait(gate, 0, 1)
    expect(await result).toEqual(['response'])
  })

  it('does not call a timer that is cancelled between its time and its turn', async () => {
    let isCalled = false
    const timer = systemClock.setTimeout(() => (isCalled = true), 1)
    const cancelled = new Promise<void>((resolve) => {
      setTimeout(() => {
        timer.cancel()
        setImmediate(() => setImmediate(resolve))
      }, 1)
    })
    // Blocks this thread, so that both timers are due in one turn.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    await cancelled
    expect(isCalled).toBe(false)
  })
})

describe('withSignal', () => {
  it('waits for a promise', async () => expect(await withSignal(Promise.resolve('value'), never)).toBe('value'))

  it('stops waiting when the signal aborts, or has aborted', async () => {
    const stop = new AbortController()
    const reason = new Error('deadline')
    const waiting = withSignal(new Promise(() => undefined), stop.signal)
    stop.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(withSignal(Promise.resolve(), stop.signal)).rejects.toBe(reason)
  })

  it('stops with another error if it is given one', async () => {
    const why = new Error('cancelled')
    await expect(withSignal(Promise.resolve(), AbortSignal.abort(), () => why)).rejects.toBe(why)
  })

  it('handles the error of work that fails after the abort', async () => {
    const { promise, reject } = Promise.withResolvers<never>()
    await expect(withSignal(promise, AbortSignal.abort('stop'))).rejects.toBe('stop')
    reject(new Error('late'))
  })
})

describe('sleep', () => {
  it('resolves in time, or rejects with the reason of the signal', async () => {
    const clock = new ManualClock()
    const controller = new AbortController()
    const slept = sleep(10, { clock, signal: never })
    const cut = sleep(10, { clock, signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(cut).rejects.toThrow('enough')
    await clock.advance(10)
    await slept
    await sleep(0, { clock: systemClock, signal: never })
  })
})

describe('parseDuration', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5m', 90_000],
    ['.5s', 500],
    ['100ms', 100],
    ['0', 0],
    ['1h0m0.5s', 3_600_500],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms))

  it.each(['', '90', 's', '-1s', '1d', '1 s', '1s ', '1,5s', '1e3s', 'NaNs', '१s'])('refuses %j', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  )

  it('parses durations that Go prints', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(59), fc.nat(59), (h, m, s) => {
        expect(parseDuration(`${h}h${m}m${s}s`)).toBe(((h * 60 + m) * 60 + s) * 1_000)
      }),
    )
  })
})
