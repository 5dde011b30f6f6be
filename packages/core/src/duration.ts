const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/**
 * Milliseconds of a Go duration such as `90s`, `1h30m` or `1.5m`; undefined when it is none.
 * Grammar of Go's `time.ParseDuration`, without a sign: nothing here waits a negative time.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  let ms = 0
  PART.lastIndex = 0
  while (PART.lastIndex < text.length) {
    const part = PART.exec(text)
    if (part === null) return undefined
    ms += Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? Number.NaN)
  }
  return text.length > 0 && Number.isFinite(ms) ? ms : undefined
}
