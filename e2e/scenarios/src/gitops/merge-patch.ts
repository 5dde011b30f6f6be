import { isDeepStrictEqual } from 'node:util'

type Json = Readonly<Record<string, unknown>>

/**
 * The merge patch that Argo CD sends for what an action returns. Lua returns an empty map as an empty list, which counts as
 * unchanged, as in `cleanReturnedObj` of Argo CD.
 */
export function mergePatchOf(before: Json, after: Json): Json {
  const patch: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, value] = [before[key], cleaned(before[key], after[key])]
    if (value === undefined) patch[key] = null
    else if (isMap(old) && isMap(value)) {
      const inner = mergePatchOf(old, value)
      if (Object.keys(inner).length > 0) patch[key] = inner
    } else if (!isDeepStrictEqual(old, value)) patch[key] = value
  }
  return patch
}

function cleaned(old: unknown, value: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(old)) return value.map((item, index) => cleaned(old[index], item))
  if (Array.isArray(value)) return value.length === 0 && isMap(old) ? old : value
  if (!isMap(value) || !isMap(old)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleaned(old[key], item)]))
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
