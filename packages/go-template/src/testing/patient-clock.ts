import { type Clock, systemClock } from '@ack-secret-manager/core'

/** Maximum interval between two checks of the CPU time. A limit of more than a tenth of it gets more time on the clock. */
const SOON_MS = 2_000
const STRETCH = 60

/** A clock for tests of CPU limits: on a busy machine, only the CPU time of a thread counts, not its waiting time. */
export const patientClock: Clock = {
  ...systemClock,
  setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs > SOON_MS ? delayMs * STRETCH : delayMs),
}
