import { isRecord } from '../manifests/parse-objects.ts'

/** What an edit comes to. */
export type Edited =
  | { readonly kind: 'same' }
  | { readonly kind: 'empty' }
  /** It was JSON, and is none now. */
  | { readonly kind: 'broken'; readonly where: string }
  /** `notes` name the keys of a JSON object that differ. */
  | { readonly kind: 'changed'; readonly text: string; readonly notes: readonly string[] }

const MAX_NAMED = 10

/** Compares a text before and after an edit. Pure. Notes have keys, never values. */
export function editedText(before: string, after: string): Edited {
  const text = withoutAddedNewline(before, after)
  if (text === before) return { kind: 'same' }
  if (text.trim() === '') return { kind: 'empty' }
  const [old, now] = [parsed(before), parsed(text)]
  if (old.ok && !now.ok) return { kind: 'broken', where: now.where }
  return { kind: 'changed', text, notes: old.ok && now.ok ? keyNotes(old.value, now.value) : [] }
}

/** Whether a text is a JSON document. */
export function isJson(text: string): boolean {
  return parsed(text).ok
}

/** Editors end each line, also the last one of a value that has no line break there. */
function withoutAddedNewline(before: string, after: string): string {
  return before.endsWith('\n') ? after : after.replace(/\r?\n$/, '')
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly where: string }

function parsed(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (error) {
    // The rest of the message has parts of the value.
    const [, line, column] = /\(line (\d+) column (\d+)\)$/.exec(error instanceof Error ? error.message : '') ?? []
    return { ok: false, where: line === undefined ? '' : ` (line ${line}, column ${column})` }
  }
}

function keyNotes(before: unknown, after: unknown): readonly string[] {
  if (!isRecord(before) || !isRecord(after)) return []
  const has = (object: object, key: string): boolean => Object.hasOwn(object, key)
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const groups = [
    ['changed', keys.filter((key) => has(before, key) && has(after, key) && !isEqual(before[key], after[key]))],
    ['added', keys.filter((key) => !has(before, key))],
    ['removed', keys.filter((key) => !has(after, key))],
  ] as const
  const parts = groups.flatMap(([name, found]) => (found.length === 0 ? [] : [`${name} ${listed(found)}`]))
  return [`note: keys: ${parts.length === 0 ? 'none changed' : parts.join('; ')}`]
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMED
  return more > 0 ? `${names.slice(0, MAX_NAMED).join(', ')} and ${more} more` : names.join(', ')
}
