import { parseDuration, remember } from '@ack-secret-manager/core'
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
  /** Infinity for never. */
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
  const nextMs = nextRunMs(cron, timeZone, afterMs) ?? Infinity
  remember(openings, key, { afterMs, nextMs }, MAX_OPENINGS)
  return nextMs === Infinity ? undefined : nextMs
}

/** All combinations of dates and days of the week occur within so many years. */
const CALENDAR_YEARS = 28
/** Years with a day that fits, in which a time is searched: the day of the first one may be over. */
const SEARCHED_YEARS = 3
const DAY_MS = 86_400_000

/**
 * When the expression fits next, in the next years that have a day for it. croner itself would search until the year 3000, which takes
 * seconds for a time that exists only in the hour that summer time skips.
 */
function nextRunMs(cron: string, timeZone: string, afterMs: number): number | undefined {
  const fields = cron.trim().split(/\s+/)
  const [, , ...days] = fields
  // A macro, such as `@daily`.
  if (days.length === 0) return schedule(cron, timeZone).nextRun(new Date(afterMs))?.getTime()
  // The date in the time zone may still be that of the day before.
  let sinceMs = afterMs - 2 * DAY_MS
  for (let search = 0; search < SEARCHED_YEARS; search += 1) {
    const from = new Date(sinceMs).getUTCFullYear()
    const dates = scheduleOfYears(['0 0', ...days], 'UTC', `${from}-${from + CALENDAR_YEARS}`)
    const year = dates.nextRun(new Date(sinceMs))?.getUTCFullYear()
    if (year === undefined) return undefined
    const next = scheduleOfYears(fields, timeZone, `${year}`).nextRun(new Date(afterMs))
    if (next) return next.getTime()
    sinceMs = Date.UTC(year + 1, 0, 1) - 1
  }
  return undefined
}

/** A fixed time, so that a spec is valid or not whenever it is read. */
const CHECKED_FROM_MS = Date.UTC(2000, 0, 1)

/** Why the API could not tell when the window opens, with the field; undefined if it can. */
export function windowProblem({
  cron,
  timeZone,
}: Omit<RestartWindow, 'duration'>): [keyof RestartWindow, string] | undefined {
  if (!isTimeZone(timeZone)) return ['timeZone', 'expected a time zone such as Asia/Shanghai']
  try {
    // Throws for another syntax.
    schedule(cron, timeZone)
    if (nextRunMs(cron, timeZone, CHECKED_FROM_MS) === undefined) return ['cron', 'this time never occurs']
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : ''
    return ['cron', `expected a cron expression: ${why}`]
  }
  return undefined
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** A schedule that runs nothing, of five fields and years. */
function scheduleOfYears(fields: readonly string[], timezone: string, years: string): Cron {
  return new Cron(['0', ...fields, years].join(' '), { paused: true, mode: '7-part', timezone })
}

/** A schedule that runs nothing. */
function schedule(cron: string, timezone: string): Cron {
  return new Cron(cron, { paused: true, mode: '5-part', timezone })
}
