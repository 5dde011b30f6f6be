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
  const next = schedule(cron, timeZone)
    .nextRun(new Date(nowMs - openMs))
    ?.getTime()
  return next === undefined ? undefined : Math.max(next, nowMs)
}

/** Why the API could not tell when the window opens, with the field; undefined if it can. */
export function windowProblem({
  cron,
  timeZone,
}: Omit<RestartWindow, 'duration'>): [keyof RestartWindow, string] | undefined {
  if (!isTimeZone(timeZone)) return ['timeZone', 'expected a time zone such as Asia/Shanghai']
  try {
    if (schedule(cron, timeZone).nextRun(new Date(0)) === null) return ['cron', 'this time never occurs']
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

/** A schedule that runs nothing. */
function schedule(cron: string, timezone: string): Cron {
  return new Cron(cron, { paused: true, mode: '5-part', timezone })
}
