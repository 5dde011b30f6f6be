import { z } from 'zod'
import { type FieldMeta, fieldRegistry } from './field.ts'

/** Fields of an object schema by name. A Map, so that `constructor` is not found in it. */
export type Fields = ReadonlyMap<string, z.ZodType>

/** The schema of the JSON, without wrappers such as defaults and transforms. */
export function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema
  for (;;) {
    if (inner instanceof z.ZodPipe) inner = inner.in as z.ZodType
    else if (
      inner instanceof z.ZodExactOptional ||
      inner instanceof z.ZodOptional ||
      inner instanceof z.ZodReadonly ||
      inner instanceof z.ZodDefault ||
      inner instanceof z.ZodPrefault ||
      inner instanceof z.ZodCatch
    ) {
      inner = inner.unwrap() as z.ZodType
    } else return inner
  }
}

const known = new WeakMap<z.ZodType, Fields>()

/** Fields of an object schema; undefined for any other. */
export function fieldsOf(schema: z.ZodType): Fields | undefined {
  const inner = unwrap(schema)
  if (!(inner instanceof z.ZodObject)) return undefined
  const fields = known.get(inner) ?? new Map(Object.entries<z.ZodType>(inner.shape))
  known.set(inner, fields)
  return fields
}

/** Whether a field of this schema may be left out. */
export function mayBeAbsent(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodPipe) return mayBeAbsent(schema.in as z.ZodType)
  if (schema instanceof z.ZodReadonly) return mayBeAbsent(schema.unwrap() as z.ZodType)
  return unwrap(schema) !== schema
}

/** Schema of the entries of a list; undefined for any other. */
export function entryOf(schema: z.ZodType): z.ZodType | undefined {
  const inner = unwrap(schema)
  return inner instanceof z.ZodArray ? (inner.element as z.ZodType) : undefined
}

/** Schema of the values of a map; undefined for any other. */
export function mapValueOf(schema: z.ZodType): z.ZodType | undefined {
  const inner = unwrap(schema)
  return inner instanceof z.ZodRecord ? (inner.valueType as z.ZodType) : undefined
}

/** Metadata of a field; undefined for a schema that is not a field. */
export function metaOf(schema: z.ZodType): FieldMeta | undefined {
  return fieldRegistry.get(schema)
}

/** The schema at a path of names and indices; undefined where there is none. */
export function schemaAt(root: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let schema: z.ZodType | undefined = root
  for (const part of path) {
    if (schema === undefined) return undefined
    schema = typeof part === 'number' ? entryOf(schema) : fieldsOf(schema)?.get(String(part))
  }
  return schema
}
