import type { z } from 'zod'

const MAX_SHOWN = 5

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('')
}

function lines(issue: z.core.$ZodIssue): { path: string; text: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), text: 'unknown field' }))
  }
  return [{ path: pathText(issue.path), text: issue.message }]
}

/** The problems of a document on one line, each with its path, and the path of the first. Never shows values. */
export function describeIssues(error: z.ZodError): { message: string; field: string } {
  const all = error.issues.flatMap(lines)
  const shown = all.slice(0, MAX_SHOWN).map(({ path, text }) => (path === '' ? text : `${path}: ${text}`))
  const more = all.length > MAX_SHOWN ? ` (and ${all.length - MAX_SHOWN} more)` : ''
  return { message: shown.join('; ') + more, field: all[0]?.path ?? '' }
}
