import { z } from 'zod'

/** A rule of the CRD schema in the Common Expression Language, checked by the API server. `self` is the field. */
export interface CelRule {
  readonly rule: string
  readonly message: string
  /** Field below `self` that the API server names, such as `.name`. */
  readonly fieldPath?: string
}

/** What is known of a field besides its shape; all that is generated from the schemas is made of this and of the shape. */
export interface FieldMeta {
  readonly description: string
  /** What an absent field means, as text for people. */
  readonly default?: string
  readonly example?: unknown
  /**
   * The object around the field, with the mistake that people make in it, where its own schema takes that and a check across
   * fields does not.
   */
  readonly invalidExample?: Readonly<Record<string, unknown>>
  readonly rules?: readonly CelRule[]
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

/** Attaches `meta` to `schema`. */
export function field<Schema extends z.ZodType>(schema: Schema, meta: FieldMeta): Schema {
  fieldRegistry.add(schema, meta)
  return schema
}
