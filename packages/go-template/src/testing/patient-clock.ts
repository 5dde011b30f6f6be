import { type Clock, systemClock } from '@ack-secret-manager/core'

/** Looks at what a thread has worked are no further apart. */
const SOON_MS = 2_000
const STRETCH = 60

/** For tests of what templates cost: however busy the machine is, only what a thread works counts, not how long it waits. */
export const patientClock: Clock = {
  ...systemClock,
  setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs > SOON_MS ? delayMs * STRETCH : delayMs),
}
