export interface KeyValueLine {
  readonly key: string
  readonly value: string
  /** Counted from 1. */
  readonly line: number
}

/** The white space that Go's `strings.TrimSpace` removes. */
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const AROUND = new RegExp(`^${SPACE}|${SPACE}$`, 'g')

/**
 * Splits each line at its first `=` and trims key and value. Lines without `=` or without a key, and comments (`#`), are
 * skipped.
 */
export function keyValueLines(text: string): readonly KeyValueLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = trim(raw)
    const equals = line.indexOf('=')
    const key = trim(line.slice(0, Math.max(0, equals)))
    return key === '' || key.startsWith('#') ? [] : [{ key, value: trim(line.slice(equals + 1)), line: index + 1 }]
  })
}

function trim(text: string): string {
  return text.replace(AROUND, '')
}
