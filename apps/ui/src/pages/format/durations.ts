const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** One or two units of a duration, the largest first. */
export interface Duration {
  readonly parts: ReadonlyArray<{ readonly unit: 'second' | 'minute' | 'hour' | 'day'; readonly count: number }>
}

/** A duration in seconds in the units of people: `42 s`, `7 min`, `3 h 5 min`, `2 d 4 h`, `45 d`. A negative one counts as none. */
export function durationOf(seconds: number): Duration {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < MINUTE) return { parts: [{ unit: 'second', count: whole }] }
  if (whole < HOUR) return { parts: [{ unit: 'minute', count: Math.floor(whole / MINUTE) }] }
  if (whole < DAY) return two('hour', Math.floor(whole / HOUR), 'minute', Math.floor((whole % HOUR) / MINUTE))
  const days = Math.floor(whole / DAY)
  return days >= 14
    ? { parts: [{ unit: 'day', count: days }] }
    : two('day', days, 'hour', Math.floor((whole % DAY) / HOUR))
}

function two(unit: 'hour' | 'day', count: number, nextUnit: 'minute' | 'hour', next: number): Duration {
  return {
    parts:
      next === 0
        ? [{ unit, count }]
        : [
            { unit, count },
            { unit: nextUnit, count: next },
          ],
  }
}
