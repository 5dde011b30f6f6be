import { type Clock, systemClock } from '@ack-secret-manager/core'

const SECOND_MS = 1_000
const FACTOR = 50

/** A clock for tests with a real API server: a pause of up to a second takes a fiftieth of its time. Deadlines are longer, and stay. */
export const shortPauses: Clock = {
  ...systemClock,
  setTimeout: (callback, delayMs) =>
    systemClock.setTimeout(callback, delayMs <= SECOND_MS ? delayMs / FACTOR : delayMs),
}
