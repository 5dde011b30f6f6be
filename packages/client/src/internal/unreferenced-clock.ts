import { type Clock, systemClock } from '@ack-secret-manager/core'

/** Above 2^31-1 ms, `setTimeout` of Node fires immediately. */
const MAX_DELAY_MS = 2_147_483_647

/** The clock of the machine, with timers that do not keep the process alive. */
export const unreferencedClock: Clock = {
  ...systemClock,
  setTimeout(callback, delayMs) {
    let turn: NodeJS.Immediate | undefined
    // As in `systemClock`: a response that has arrived wins over its deadline.
    const fire = (): void => {
      turn = setImmediate(callback)
    }
    const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), MAX_DELAY_MS))
    timer.unref()
    return {
      cancel: () => {
        clearTimeout(timer)
        clearImmediate(turn)
      },
    }
  },
}

/** The same clock with timers that keep the process alive, for a caller that waits. */
export function referencedClock(clock: Clock): Clock {
  return clock === unreferencedClock ? systemClock : clock
}
