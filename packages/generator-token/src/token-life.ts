import type { TokenLife } from '@ack-secret-manager/core'

/** Records say no more about a longer life. */
const MAX_LIFE_MS = 12 * 3_600_000

/** The shortest life of a token that is used. Renewals of shorter ones would write the Secret without a pause. */
export const MIN_LIFE_MS = 60_000

/** Whether two thirds of the life are over: the rule of the record of a target, so that a target which is due gets a newer token. */
export function isDue({ issuedMs, expiresMs }: TokenLife, nowMs: number): boolean {
  // A clock that was set back must not make a token eternal.
  return nowMs < issuedMs - 300_000 || nowMs >= issuedMs + ((expiresMs - issuedMs) * 2) / 3
}

/** Rounded so that the life never looks longer than it is. */
export function wholeSeconds({ issuedMs, expiresMs }: TokenLife): TokenLife {
  const issued = Math.floor(issuedMs / 1_000) * 1_000
  const expires = Math.floor(Math.min(expiresMs, issued + MAX_LIFE_MS) / 1_000) * 1_000
  return { issuedMs: issued, expiresMs: expires }
}
