/** A pending call of {@link Clock.setTimeout}. */
export interface ClockTimer {
  cancel(): void
}

/** Time as the code sees it, handed in so that tests can run a day in seconds. */
export interface Clock {
  /** Wall-clock milliseconds since the epoch, for what people read and for comparing with dates of others. It may jump. */
  now(): number
  /** Milliseconds that only grow, for intervals, deadlines and leases. */
  monotonic(): number
  /** Calls `callback` once after `delayMs`. */
  setTimeout(callback: () => void, delayMs: number): ClockTimer
}

/** setTimeout of Node fires at once above 2^31-1 ms. */
const MAX_DELAY_MS = 2_147_483_647

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_DELAY_MS))
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Waits `delayMs` on `clock`; rejects with the signal's reason as soon as it aborts. */
export async function sleep(delayMs: number, options: { clock: Clock; signal: AbortSignal }): Promise<void> {
  const { clock, signal } = options
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      timer.cancel()
      reject(signal.reason as Error)
    }
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
