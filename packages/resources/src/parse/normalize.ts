import type { z } from 'zod'
import { bare, isObject, type JsonObject } from '../schema/plain.ts'
import { entryOf, type Fields, fieldsOf, mapValueOf } from '../schema/schema-tree.ts'

/** How unknown fields are treated. */
export type UnknownFields = 'refuse' | 'ignore'

/**
 * Copies the fields of `value` that `schema` has, and drops those that are `null` or an empty text. The Go types of this
 * API omit such fields, so they count as absent. Objects of the copy have no prototype. Depth is limited by the schema.
 */
export function normalize(schema: z.ZodType, value: unknown, unknownFields: UnknownFields): unknown {
  const fields = fieldsOf(schema)
  if (fields !== undefined) return isObject(value) ? normalizeObject(fields, value, unknownFields) : value
  const entry = entryOf(schema)
  if (entry !== undefined && Array.isArray(value)) return value.map((item) => normalize(entry, item, unknownFields))
  return mapValueOf(schema) !== undefined && isObject(value) ? withoutProto(value) : value
}

/** New name for a map entry `__proto__`, which zod would drop silently. All map schemas refuse this name. */
export const LOST_NAME = '"__proto__"'

function withoutProto(map: JsonObject): JsonObject {
  if (!Object.hasOwn(map, '__proto__')) return map
  return bare(Object.entries(map).map(([name, value]) => [name === '__proto__' ? LOST_NAME : name, value]))
}

function normalizeObject(fields: Fields, value: JsonObject, unknownFields: UnknownFields): JsonObject {
  const entries: Array<readonly [string, unknown]> = []
  for (const [name, given] of Object.entries(value)) {
    const field = fields.get(name)
    if (field === undefined) {
      if (unknownFields === 'refuse') entries.push([name, given])
      continue
    }
    if (given === undefined || given === null || given === '') continue
    entries.push([name, normalize(field, given, unknownFields)])
  }
  return bare(entries)
}
