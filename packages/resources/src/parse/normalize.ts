import type { z } from 'zod'
import { bare, isObject, type JsonObject } from '../schema/plain.ts'
import { entryOf, type Fields, fieldsOf, mapValueOf } from '../schema/schema-tree.ts'

/** What becomes of fields that no schema knows. */
export type UnknownFields = 'refuse' | 'ignore'

/**
 * Copies `value` as far as `schema` knows it, without fields that say nothing: `null` and an empty text. The Go types of
 * this API leave such fields out, so they mean what absent ones mean. The copy has no prototypes. As deep as the schema
 * and no deeper.
 */
export function settle(schema: z.ZodType, value: unknown, unknownFields: UnknownFields): unknown {
  const fields = fieldsOf(schema)
  if (fields !== undefined) return isObject(value) ? settleObject(fields, value, unknownFields) : value
  const entry = entryOf(schema)
  if (entry !== undefined && Array.isArray(value)) return value.map((item) => settle(entry, item, unknownFields))
  return mapValueOf(schema) !== undefined && isObject(value) ? withoutProto(value) : value
}

/** What `settle` calls an entry `__proto__` of a map, which zod would leave out without a word: every map of ours refuses it. */
export const LOST_NAME = '"__proto__"'

function withoutProto(map: JsonObject): JsonObject {
  if (!Object.hasOwn(map, '__proto__')) return map
  return bare(Object.entries(map).map(([name, value]) => [name === '__proto__' ? LOST_NAME : name, value]))
}

function settleObject(fields: Fields, value: JsonObject, unknownFields: UnknownFields): JsonObject {
  const entries: Array<readonly [string, unknown]> = []
  for (const [name, given] of Object.entries(value)) {
    const field = fields.get(name)
    if (field === undefined) {
      if (unknownFields === 'refuse') entries.push([name, given])
      continue
    }
    if (given === undefined || given === null || given === '') continue
    entries.push([name, settle(field, given, unknownFields)])
  }
  return bare(entries)
}
