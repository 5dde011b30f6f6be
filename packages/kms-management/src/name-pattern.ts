import { SecretSyncError } from '@ack-secret-manager/core'

const MAX_PATTERN_LENGTH = 256

/**
 * A pattern for names: `*` matches any characters, also `/`, and `?` matches one. Takes time in proportion to pattern and name.
 * @throws SecretSyncError `InvalidSpec` for a pattern of more than 256 characters
 */
export function compilePattern(pattern: string): (name: string) => boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new SecretSyncError('InvalidSpec', `filter: expected at most ${MAX_PATTERN_LENGTH} characters`, {
      facts: { field: 'filter' },
    })
  }
  return (name) => matches(pattern, name)
}

function matches(pattern: string, name: string): boolean {
  let at = 0
  let position = 0
  let star = -1
  let resume = 0
  while (position < name.length) {
    const wanted = pattern[at]
    if (wanted === '*') {
      star = at
      resume = position
      at += 1
    } else if (wanted !== undefined && (wanted === '?' || wanted === name[position])) {
      at += 1
      position += 1
    } else if (star >= 0) {
      // The last star takes one character more.
      resume += 1
      position = resume
      at = star + 1
    } else {
      return false
    }
  }
  return /^\**$/.test(pattern.slice(at))
}
