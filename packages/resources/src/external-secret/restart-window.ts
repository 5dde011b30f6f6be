import { parseDuration } from '@ack-secret-manager/core'
import { Cron } from 'croner'

/** When workloads may be restarted: for a duration from each time of a cron expression on. */
export interface RestartWindow {
  /** Five fields. */
  readonly cron: string
  /** Name of the IANA time zone database. */
  readonly timeZone: string
  /** Go duration. */
  readonly duration: string
}

/**
 * When the window is open next.
 * @returns `nowMs` while it is open; undefined if it never opens again
 */
export function windowOpensAt({ cron, timeZone, duration }: RestartWindow, nowMs: number): number | undefined {
  const openMs = parseDuration(duration) ?? 0
  // The first opening that is not over.
  const next = openingAfter(cron, timeZone, nowMs - openMs)
  return next === undefined ? undefined : Math.max(next, nowMs)
}

/** The last result for an expression and time zone. */
interface Opening {
  readonly afterMs: number
  readonly nextMs: number
}

/** Limit of {@link openings}; the oldest one is forgotten beyond that. */
const MAX_OPENINGS = 2_000
/** Hundreds of resources may name one workload, which is checked every few seconds. */
const openings = new Map<string, Opening>()

function openingAfter(cron: string, timeZone: string, afterMs: number): number | undefined {
  const key = `${timeZone} ${cron}`
  const known = openings.get(key)
  if (known && known.afterMs <= afterMs && afterMs < known.nextMs) return known.nextMs
  const nextMs = schedule(cron, timeZone).nextRun(new Date(afterMs))?.getTime()
  if (nextMs === undefined) return undefined
  const [oldest] = openings.keys()
  if (oldest !== undefined && openings.size >= MAX_OPENINGS && !openings.has(key)) openings.delete(oldest)
  openings.set(key, { afterMs, nextMs })
  return nextMs
}

/** Why the API could not tell when the window opens, with the field; undefined if it can. */
export function windowProblem({
  cron,
  timeZone,
}: Omit<RestartWindow, 'duration'>): [keyof RestartWindow, string] | undefined {
  if (!isTimeZone(timeZone)) return ['timeZone', 'expected a time zone such as Asia/Shanghai']
  try {
    // Throws for another syntax.
    schedule(cron, timeZone)
    if (!occurs(cron)) return ['cron', 'this time never occurs']
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : ''
    return ['cron', `expected a cron expression: ${why}`]
  }
  return undefined
}

/** Whether some day fits. All combinations of dates and days of the week occur within 28 years; a longer search takes too long. */
function occurs(cron: string): boolean {
  const [, , ...days] = cron.trim().split(/\s+/)
  // A macro, such as `@daily`.
  if (days.length === 0) return true
  const dates = new Cron(['0 0 0', ...days, '2000-2027'].join(' '), { paused: true, mode: '7-part', timezone: 'UTC' })
  return dates.nextRun(new Date(Date.UTC(1999, 11, 31))) !== null
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** A schedule that runs nothing. */
function schedule(cron: string, timezone: string): Cron {
  return new Cron(cron, { paused: true, mode: '5-part', timezone })
}
