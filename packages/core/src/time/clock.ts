import { withSignal } from './with-signal.ts'

/** A pending call of {@link Clock.setTimeout}. */
export interface ClockTimer {
  cancel(): void
}

/** A source of time. It is passed in, so that tests can run a day in seconds. */
export interface Clock {
  /** Wall-clock milliseconds since the epoch, for timestamps. May jump. */
  now(): number
  /** Monotonic milliseconds, for intervals, deadlines and leases. */
  monotonic(): number
  /** Calls `callback` once after `delayMs`. The system clock first lets the event loop read the data that has arrived. */
  setTimeout(callback: () => void, delayMs: number): ClockTimer
}

/** Above 2^31-1 ms, `setTimeout` of Node fires immediately. */
const MAX_DELAY_MS = 2_147_483_647

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs) {
    let turn: NodeJS.Immediate | undefined
    // After a pause of the process, Node runs its timers before it reads what has arrived. A response must win over its deadline.
    const fire = (): void => {
      turn = setImmediate(callback)
    }
    const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), MAX_DELAY_MS))
    return {
      cancel: () => {
        clearTimeout(timer)
        clearImmediate(turn)
      },
    }
  },
}

/** Waits `delayMs` on `clock`; rejects with the signal's reason as soon as it aborts. */
export async function sleep(delayMs: number, options: { clock: Clock; signal: AbortSignal }): Promise<void> {
  const { clock, signal } = options
  signal.throwIfAborted()
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.setTimeout(resolve, delayMs)
  try {
    await withSignal(promise, signal)
  } finally {
    timer.cancel()
  }
}
