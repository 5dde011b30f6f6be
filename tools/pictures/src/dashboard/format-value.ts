const MINUTE_S = 60
const HOUR_S = 3_600
const DAY_S = 86_400
const YEAR_S = 365.25 * DAY_S

const AGES = [
  [YEAR_S, 'year'],
  [DAY_S, 'day'],
  [HOUR_S, 'hour'],
  [MINUTE_S, 'minute'],
] as const

/** A value in a unit of Grafana, as short as on an axis. */
export function formatValue(value: number, unit: string, nowMs: number): string {
  switch (unit) {
    case 's':
      return seconds(value)
    case 'reqps':
    case 'ops':
      return `${rounded(value)}/s`
    case 'bytes':
      return `${rounded(value / 2 ** 20)} MiB`
    case 'dateTimeFromNow':
      return fromNow((value - nowMs) / 1_000)
    default:
      return rounded(value)
  }
}

function seconds(value: number): string {
  if (value === 0) return '0 s'
  if (value < 1) return `${rounded(value * 1_000)} ms`
  return value < 2 * MINUTE_S ? `${rounded(value)} s` : `${rounded(value / MINUTE_S)} min`
}

function fromNow(distance: number): string {
  const [size, name] = AGES.find(([each]) => Math.abs(distance) >= each) ?? [1, 'second']
  const count = Math.round(Math.abs(distance) / size)
  const words = `${count} ${name}${count === 1 ? '' : 's'}`
  return distance < 0 ? `${words} ago` : `in ${words}`
}

/** Two digits after the point at most, and three that count. */
function rounded(value: number): string {
  return String(Number(value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)))
}
