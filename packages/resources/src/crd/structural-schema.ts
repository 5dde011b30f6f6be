import { defined } from '@ack-secret-manager/core'
import { z } from 'zod'
import type { CelRule, FieldMeta } from '../schema/field.ts'
import { formatPath } from '../schema/format-path.ts'
import { entryOf, fieldsOf, mapValueOf, mayBeAbsent, metaOf, unwrap } from '../schema/schema-tree.ts'

/** The part of OpenAPI v3 that the CRDs use (Kubernetes API reference, JSONSchemaProps). */
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

/** Path of a schema, and whether its field is optional. */
interface Position {
  readonly path: readonly string[]
  /** The field may be absent or an empty text. */
  readonly optional: boolean
}

/**
 * The structural schema of a field at `path`. It has no defaults: the parsers fill them in, so that stored objects stay
 * as their owners wrote them.
 */
export function structuralSchema(schema: z.ZodType, path: readonly string[]): StructuralSchema {
  return convert(schema, { path, optional: false })
}

function convert(schema: z.ZodType, position: Position): StructuralSchema {
  const meta = metaOf(schema)
  const rules = meta?.rules ?? []
  const description = describe(meta)
  return {
    ...defined({ description }),
    ...(meta?.freeForm === true ? ANYTHING : shapeOf(schema, position, meta)),
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

function shapeOf(schema: z.ZodType, position: Position, meta: FieldMeta | undefined): StructuralSchema {
  const fields = fieldsOf(schema)
  if (fields !== undefined) {
    const required = [...fields].flatMap(([name, field]) => (mayBeAbsent(field) ? [] : [name]))
    const properties = [...fields].map(([name, field]) => {
      return [name, convert(field, { path: [...position.path, name], optional: mayBeAbsent(field) })] as const
    })
    return {
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      properties: Object.fromEntries(properties),
    }
  }
  const value = mapValueOf(schema)
  if (value !== undefined) {
    const additionalProperties = convert(value, { path: [...position.path, '*'], optional: false })
    return { type: 'object', maxProperties: limit(meta?.maxEntries, position), additionalProperties }
  }
  const json: Json = z.toJSONSchema(unwrap(schema), { io: 'input', unrepresentable: 'any' })
  const entry = entryOf(schema)
  if (entry !== undefined) {
    const items = convert(entry, {
      path: [...position.path.slice(0, -1), `${position.path.at(-1)}[]`],
      optional: false,
    })
    const minItems = defined({ minItems: json.minItems })
    return { type: 'array', ...minItems, maxItems: limit(json.maxItems, position), items }
  }
  if (json.type === 'boolean') return { type: 'boolean' }
  if (json.type === 'integer') return integerShape(json)
  if (json.type === 'string') return textShape(json, position)
  throw new TypeError(`${formatPath(position.path)}: no structural schema for ${String(json.type)}`)
}

function textShape(json: Json, position: Position): StructuralSchema {
  if (json.enum !== undefined) {
    const values = json.enum.map(String)
    return { type: 'string', enum: position.optional ? [...values, ''] : values }
  }
  const { pattern } = json
  return {
    type: 'string',
    ...(position.optional || json.minLength === undefined ? {} : { minLength: json.minLength }),
    maxLength: limit(json.maxLength, position),
    ...(pattern === undefined ? {} : { pattern: position.optional ? orEmpty(pattern) : pattern }),
  }
}

/** Without explicit bounds, zod gives an integer the bounds of a double, which are omitted here. */
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

/** The API server rejects CEL rules whose cost it cannot bound, so every field needs a limit. */
function limit(given: number | undefined, position: Position): number {
  if (given === undefined) throw new TypeError(`${formatPath(position.path)}: has no limit`)
  return given
}

const ANYTHING = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const
