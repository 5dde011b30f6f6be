import { z } from 'zod'

/** A rule of the CRD schema in the Common Expression Language, checked by the API server. `self` is the field. */
export interface CelRule {
  readonly rule: string
  readonly message: string
  /** Field below `self` that the API server names, such as `.name`. */
  readonly fieldPath?: string
}

/** Documentation and API server rules of a field. CRDs and reference pages are generated from it and the schema. */
export interface FieldMeta {
  readonly description: string
  /** What an absent field means, as text for the reference page. */
  readonly default?: string
  readonly example?: unknown
  /**
   * The object around the field with a common mistake that the field's own schema accepts and a check across fields rejects.
   */
  readonly invalidExample?: Readonly<Record<string, unknown>>
  readonly rules?: readonly CelRule[]
  /** Field whose value identifies an entry of the list (`x-kubernetes-list-map-keys`). */
  readonly listMapKey?: string
  /** Maximum number of entries of a map. */
  readonly maxEntries?: number
  /** The field holds any JSON, which a backend package validates. */
  readonly freeForm?: true
  /** JSON Schema `format` that the API server knows, such as `date-time`. */
  readonly format?: 'date-time' | 'int32' | 'int64'
}

/** {@link FieldMeta} by schema. */
export const fieldRegistry = z.registry<FieldMeta>()

export function field<Schema extends z.ZodType>(schema: Schema, meta: FieldMeta): Schema {
  fieldRegistry.add(schema, meta)
  return schema
}
