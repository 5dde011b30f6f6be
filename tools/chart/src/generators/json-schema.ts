/** The part of JSON Schema that the chart's values need. */
export interface JsonSchema {
  readonly $schema?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly const?: string
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: JsonSchema
  readonly maxItems?: number
  readonly allOf?: readonly JsonSchema[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly if?: JsonSchema
  readonly else?: JsonSchema
}

/**
 * Words for a schema whose errors would show a pattern. Helm and editors print the constant: `value must be 'a duration of at least 1s'`.
 * A value that equals the words passes here, and fails later.
 */
export function inWords(words: string, schema: JsonSchema): JsonSchema {
  return { if: schema, else: { const: words } }
}
