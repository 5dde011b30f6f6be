const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/**
 * Units of a Go duration, with both Unicode letters for micro. Built from a string with escapes: a bundle that contains
 * such a letter takes twice its size in memory.
 */
const UNITS = 'ns|us|\u00b5s|\u03bcs|ms|s|m|h'

const PART = new RegExp(`(\\d+(?:\\.\\d*)?|\\.\\d+)(${UNITS})`, 'y')

/**
 * Milliseconds of a Go duration such as `90s`, `1h30m` or `1.5m`; undefined for any other text.
 * The grammar of Go's `time.ParseDuration` without a sign.
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
