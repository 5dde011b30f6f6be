import { z } from 'zod'
import type { CelRule, FieldMeta } from '../schema/field.ts'
import { formatPath } from '../schema/format-path.ts'
import { entryOf, fieldsOf, mapValueOf, mayBeAbsent, metaOf, unwrap } from '../schema/schema-tree.ts'

/** OpenAPI v3 schema as the API server takes it (Kubernetes API reference, JSONSchemaProps): the part that we use. */
export interface StructuralSchema {
  readonly type: 'object' | 'array' | 'string' | 'boolean' | 'integer'
  readonly description?: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly additionalProperties?: StructuralSchema
  readonly items?: StructuralSchema
  readonly 'x-kubernetes-preserve-unknown-fields'?: true
  readonly 'x-kubernetes-list-type'?: 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly CelRule[]
}

type Json = z.core.JSONSchema.BaseSchema

/** Where a schema stands. */
interface Place {
  readonly path: readonly string[]
  /** The field may be absent, and then it may as well be an empty text. */
  readonly optional: boolean
}

/**
 * The structural schema of what `schema` accepts, for a field at `path`. Says nothing of defaults: they are filled in
 * by who reads a resource, so that stored objects stay as their owners wrote them.
 */
export function structuralSchema(schema: z.ZodType, path: readonly string[]): StructuralSchema {
  return convert(schema, { path, optional: false })
}

function convert(schema: z.ZodType, place: Place): StructuralSchema {
  const meta = metaOf(schema)
  const rules = meta?.rules ?? []
  const description = describe(meta)
  return {
    ...(description === undefined ? {} : { description }),
    ...(meta?.freeForm === true ? ANYTHING : shapeOf(schema, place, meta)),
    ...(meta?.format === undefined ? {} : { format: meta.format }),
    ...(meta?.listMapKey === undefined
      ? {}
      : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [meta.listMapKey] }),
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
  }
}

function describe(meta: FieldMeta | undefined): string | undefined {
  if (meta === undefined) return undefined
  return meta.default === undefined ? meta.description : `${meta.description} Default: ${meta.default}.`
}

function shapeOf(schema: z.ZodType, place: Place, meta: FieldMeta | undefined): StructuralSchema {
  const fields = fieldsOf(schema)
  if (fields !== undefined) {
    const required = [...fields].flatMap(([name, field]) => (mayBeAbsent(field) ? [] : [name]))
    const properties = [...fields].map(([name, field]) => {
      return [name, convert(field, { path: [...place.path, name], optional: mayBeAbsent(field) })] as const
    })
    return {
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      properties: Object.fromEntries(properties),
    }
  }
  const value = mapValueOf(schema)
  if (value !== undefined) {
    const additionalProperties = convert(value, { path: [...place.path, '*'], optional: false })
    return { type: 'object', maxProperties: limit(meta?.maxEntries, place), additionalProperties }
  }
  const json: Json = z.toJSONSchema(unwrap(schema), { io: 'input', unrepresentable: 'any' })
  const entry = entryOf(schema)
  if (entry !== undefined) {
    const items = convert(entry, { path: [...place.path.slice(0, -1), `${place.path.at(-1)}[]`], optional: false })
    const minItems = json.minItems === undefined ? {} : { minItems: json.minItems }
    return { type: 'array', ...minItems, maxItems: limit(json.maxItems, place), items }
  }
  if (json.type === 'boolean') return { type: 'boolean' }
  if (json.type === 'integer') return integerShape(json)
  if (json.type === 'string') return textShape(json, place)
  throw new TypeError(`${formatPath(place.path)}: no structural schema for ${String(json.type)}`)
}

function textShape(json: Json, place: Place): StructuralSchema {
  if (json.enum !== undefined) {
    const values = json.enum.map(String)
    return { type: 'string', enum: place.optional ? [...values, ''] : values }
  }
  const { pattern } = json
  return {
    type: 'string',
    ...(place.optional || json.minLength === undefined ? {} : { minLength: json.minLength }),
    maxLength: limit(json.maxLength, place),
    ...(pattern === undefined ? {} : { pattern: place.optional ? orEmpty(pattern) : pattern }),
  }
}

/** The bounds of an integer are those of a double where it was given none. */
function integerShape({ minimum = -Infinity, maximum = Infinity }: Json): StructuralSchema {
  return {
    type: 'integer',
    ...(minimum > Number.MIN_SAFE_INTEGER ? { minimum } : {}),
    ...(maximum < Number.MAX_SAFE_INTEGER ? { maximum } : {}),
  }
}

function orEmpty(pattern: string): string {
  return `^(${pattern.replace(/^\^/, '').replace(/\$$/, '')})?$`
}

/** The API server can bound the cost of rules only if everything has a limit. */
function limit(given: number | undefined, place: Place): number {
  if (given === undefined) throw new TypeError(`${formatPath(place.path)}: has no limit`)
  return given
}

const ANYTHING = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const
