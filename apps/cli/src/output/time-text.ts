const DAY_MS = 86_400_000

/** A time for people, in the time zone of the machine: `03:12`, or with its date if it is not within a day of now. */
export function timeText(time: string, nowMs: number): string {
  const ms = Date.parse(time)
  if (Number.isNaN(ms)) return time
  const at = new Date(ms)
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`
  if (Math.abs(nowMs - ms) < DAY_MS) return clock
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`
}

/** A duration for people: `14s`, `5m`, `3h`, `12d`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)}h` : `${Math.round(seconds / 86_400)}d`
}

/** `03:12 (5m ago)` */
export function agoText(time: string, nowMs: number): string {
  const ms = Date.parse(time)
  if (Number.isNaN(ms)) return time
  const text = durationText(Math.abs(nowMs - ms))
  return `${timeText(time, nowMs)} (${ms > nowMs ? `in ${text}` : `${text} ago`})`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
