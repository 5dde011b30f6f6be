import { z } from 'zod'

/** A rule of the CRD schema in the Common Expression Language, checked by the API server. `self` is the field. */
export interface CelRule {
  readonly rule: string
  readonly message: string
  /** Field below `self` that the API server names, such as `.name`. */
  readonly fieldPath?: string
}

/** How a field that is known but not implemented looks, and with which value it asks for nothing: `''`, `false`, `[]`. */
export type NotYetShape = 'string' | 'boolean' | 'list' | 'object'

/** What is known of a field besides its shape; all that is generated from the schemas is made of this and of the shape. */
export interface FieldMeta {
  readonly description: string
  /** What an absent field means, as text for people. */
  readonly default?: string
  readonly example?: unknown
  readonly rules?: readonly CelRule[]
  /** The field is refused unless it asks for nothing. */
  readonly notYet?: NotYetShape
  /** Field whose value identifies an entry of the list (`x-kubernetes-list-map-keys`). */
  readonly listMapKey?: string
  /** Most entries of a map. */
  readonly maxEntries?: number
  /** The field holds any JSON; somebody else knows what it means. */
  readonly freeForm?: true
  /** JSON Schema `format` that the API server knows, such as `date-time`. */
  readonly format?: 'date-time' | 'int32' | 'int64'
}

/** {@link FieldMeta} by schema. */
export const fieldRegistry = z.registry<FieldMeta>()

/** The message of everything that is refused because it does not exist yet. */
export const NOT_YET = 'not supported yet'

/** Attaches `meta` to `schema`. */
export function field<Schema extends z.ZodType>(schema: Schema, meta: FieldMeta): Schema {
  fieldRegistry.add(schema, meta)
  return schema
}

/** A field that resources may carry, that we know, and that we refuse so that nobody believes it works. */
export function notYet(shape: NotYetShape, description: string) {
  return field(z.never({ error: NOT_YET }).exactOptional(), { description, notYet: shape })
}
