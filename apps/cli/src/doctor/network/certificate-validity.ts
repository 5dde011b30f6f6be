import { timeText } from '@ack-secret-manager/core'

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000]
/** The largest difference of clocks that is no problem: services refuse signatures from 15 minutes, and tokens fail earlier. */
export const MAX_SKEW_MS = 300_000

/** What a server whose certificate is rejected shows of itself. It is not verified, and decides only what to propose. */
export interface UnverifiedFacts {
  /** How far the local clock is ahead of the server's; undefined without a Date header. */
  readonly skewMs: number | undefined
  readonly issuer: string
  /** Wall-clock milliseconds. */
  readonly validFromMs: number
  readonly validToMs: number
}

/** Why a certificate is outside its validity. */
export interface ValidityProblem {
  /** `its certificate of CA expired at 2026-11-29T09:00:00Z`. */
  readonly text: string
  /** `unknown` if the server does not tell its time. */
  readonly cause: 'certificate' | 'clock' | 'unknown'
}

/** Tells an expired certificate from a wrong clock of this machine, by the time of the server. Pure. */
export function validityProblem(facts: UnverifiedFacts, nowMs: number): ValidityProblem {
  const { skewMs } = facts
  const text = problemAt(facts, nowMs)
  if (skewMs === undefined) return { text: `${text}, by the clock of this machine`, cause: 'unknown' }
  if (Math.abs(skewMs) < MAX_SKEW_MS) return { text, cause: 'certificate' }
  const serverMs = nowMs - skewMs
  if (!isValid(facts, serverMs)) return { text: problemAt(facts, serverMs), cause: 'certificate' }
  return { text: `${text}, by the clock of this machine; the server has ${isoTime(serverMs)}`, cause: 'clock' }
}

function problemAt(facts: UnverifiedFacts, atMs: number): string {
  const { issuer, validFromMs, validToMs } = facts
  if (isValid(facts, atMs)) return `a CA certificate of its chain, above ${issuer}, is not valid`
  const problem = atMs > validToMs ? `expired at ${isoTime(validToMs)}` : `is valid from ${isoTime(validFromMs)}`
  return `its certificate of ${issuer} ${problem}`
}

function isValid({ validFromMs, validToMs }: UnverifiedFacts, atMs: number): boolean {
  return atMs >= validFromMs && atMs <= validToMs
}

function isoTime(ms: number): string {
  return Number.isNaN(ms) ? 'an unknown time' : timeText(ms)
}

/** Action for a certificate that has ended, or will soon. */
export function renewCertificate(endpoint: string): string {
  return `Renew the certificate of ${endpoint}, or ask its owner to`
}

/** `300 more days`; in hours for less than two days, and in minutes for less than two hours. Pure. */
export function remainingText(ms: number): string {
  const [unitMs, unit] =
    ms >= 2 * DAY_MS ? [DAY_MS, 'days'] : ms >= 2 * HOUR_MS ? [HOUR_MS, 'hours'] : [MINUTE_MS, 'minutes']
  return `${Math.max(0, Math.floor(ms / unitMs))} more ${unit}`
}
