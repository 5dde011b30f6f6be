import { type Clock, systemClock } from '@ack-secret-manager/core'

/** A time limit that begins now, for work in several parts. @returns what is left of it, at least 1 ms */
export function timeLimit(timeoutMs: number, clock: Clock = systemClock): () => number {
  const endsAtMs = clock.monotonic() + timeoutMs
  return () => Math.max(1, Math.round(endsAtMs - clock.monotonic()))
}
