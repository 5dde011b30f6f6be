import type { z } from 'zod'
import type { NotYetShape } from './field.ts'
import { bare, isObject, type JsonObject } from './plain.ts'
import { entryOf, type Fields, fieldsOf, metaOf } from './schema-tree.ts'

/** What becomes of fields that no schema knows. */
export type UnknownFields = 'refuse' | 'ignore'

/**
 * Copies `value` as far as `schema` knows it, without fields that say nothing: `null`, an empty text, and the zero
 * value of a field that does not exist yet. The Go types of this API leave such fields out, so they mean what absent
 * ones mean. The copy has no prototypes. As deep as the schema and no deeper.
 */
export function settle(schema: z.ZodType, value: unknown, unknownFields: UnknownFields): unknown {
  const fields = fieldsOf(schema)
  if (fields !== undefined) return isObject(value) ? settleObject(fields, value, unknownFields) : value
  const entry = entryOf(schema)
  if (entry !== undefined && Array.isArray(value)) return value.map((item) => settle(entry, item, unknownFields))
  return value
}

function settleObject(fields: Fields, value: JsonObject, unknownFields: UnknownFields): JsonObject {
  const entries: Array<readonly [string, unknown]> = []
  for (const [name, given] of Object.entries(value)) {
    const field = fields.get(name)
    if (field === undefined) {
      if (unknownFields === 'refuse') entries.push([name, given])
      continue
    }
    const shape = metaOf(field)?.notYet
    if (
      given === undefined ||
      given === null ||
      given === '' ||
      (shape !== undefined && asksForNothing(shape, given))
    ) {
      continue
    }
    entries.push([name, settle(field, given, unknownFields)])
  }
  return bare(entries)
}

function asksForNothing(shape: NotYetShape, value: unknown): boolean {
  return (shape === 'boolean' && value === false) || (shape === 'list' && Array.isArray(value) && value.length === 0)
}
