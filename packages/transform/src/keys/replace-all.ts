import type { Matcher } from 're2js'
import type { ReplacementPart } from './go-replacement.ts'
import type { CompiledRule } from './key-rules.ts'
import type { Budget } from '../budget.ts'

/**
 * Replaces every match, as Go's `Regexp.ReplaceAllString` does (Go standard library, package regexp): an empty match
 * right after another match is not replaced. The work stops early once the result is longer than `limit`.
 * @throws SecretSyncError `TooLarge` when the budget is exhausted: one search is linear, but each match starts another
 */
export function replaceAll(
  text: string,
  { pattern, instructions, replacement }: CompiledRule,
  limit: number,
  budget: Budget,
): string {
  const matcher = pattern.matcher(text)
  const names = pattern.namedGroups()
  let result = ''
  let lastEnd = 0
  let from = 0
  while (from <= text.length && result.length <= limit) {
    budget.spend(instructions * (text.length - from + 1))
    if (!matcher.find(from)) break
    const [start, end] = [matcher.start(), matcher.end()]
    result += text.slice(lastEnd, start)
    if (end > lastEnd || start === 0) result += expand(replacement, matcher, names)
    lastEnd = end
    const next = from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1)
    from = Math.max(next, end)
  }
  return result + text.slice(lastEnd)
}

function expand(parts: readonly ReplacementPart[], matcher: Matcher, names: Readonly<Record<string, number>>): string {
  let text = ''
  for (const part of parts) text += typeof part === 'string' ? part : groupText(part, matcher, names)
  return text
}

/** The text of a group; empty if it did not participate in the match or does not exist. */
function groupText(
  part: Exclude<ReplacementPart, string>,
  matcher: Matcher,
  names: Readonly<Record<string, number>>,
): string {
  const group = 'group' in part ? part.group : Object.hasOwn(names, part.name) ? names[part.name] : undefined
  if (group === undefined || group > matcher.groupCount()) return ''
  return matcher.group(group) ?? ''
}
