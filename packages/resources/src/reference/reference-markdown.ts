import { stringify } from 'yaml'
import type { z } from 'zod'
import type { FieldMeta } from '../schema/field.ts'
import { type KindDefinition, kinds } from '../kinds.ts'
import { API_VERSION, CATEGORY } from '../names.ts'
import { own } from '../schema/plain.ts'
import { entryOf, fieldsOf, metaOf } from '../schema/schema-tree.ts'
import { badInputMessage } from './reference-bad-input.ts'
import { GENERATED, tableMarkdown } from './reference-table.ts'
import { type StructuralSchema, structuralSchema } from '../crd/structural-schema.ts'

/** A kind with a reference page. */
export type KindName = (typeof kinds)[number]['kind']

const BAD_INPUT = `An absent field, \`null\` and an empty text mean the same. Unknown fields are refused with \`unknown field\`; \`acksm\` adds a suggestion.

The API server rejects invalid manifests and names the field. Errors that the schema cannot express appear in the Ready condition: False with [\`InvalidSpec\`](reasons.md),
and a message that names the field. \`acksm\` exits with 2 before it reads anything, or with 1 for an invalid expression or a field that does not fit the store.

The last column shows the message of \`acksm\` for one example of bad input. A required field that is missing gives \`required, but missing\`. A text or list that is too long gives, for example, \`expected at most 253 characters, got 300\`.`

/** A part of a kind whose fields are those of the spec of another kind, which has them on its page. */
export const SAME_SPEC = {
  kind: 'ClusterExternalSecret',
  path: 'spec.externalSecretSpec',
  as: 'ExternalSecret',
} as const

/** One object of the API: a heading and a table of its own. */
interface Section {
  readonly definition: KindDefinition
  readonly path: string
  readonly schema: z.ZodType
  readonly shape: StructuralSchema
}

/** The reference page of a kind, as Markdown. */
export function referenceMarkdown(kind: KindName): string {
  const definition = kinds.find((candidate) => candidate.kind === kind)
  if (definition === undefined) throw new RangeError(`unknown kind ${kind}`)
  const parts = [
    GENERATED,
    `# ${kind}`,
    definition.description,
    overview(definition),
    ['```yaml', stringify(definition.example, { version: '1.1' }).trimEnd(), '```'].join('\n'),
    BAD_INPUT,
    ...sections(definition, 'spec', definition.spec).map(render),
    ...sections(definition, 'status', definition.status).map(render),
    columnTable(definition),
  ]
  return `${parts.join('\n\n')}\n`
}

function overview({ kind, plural, scope }: KindDefinition): string {
  return [
    '| | |',
    '|---|---|',
    `| apiVersion | \`${API_VERSION}\` |`,
    `| kind | \`${kind}\` |`,
    `| scope | ${scope === 'Namespaced' ? 'a namespace' : 'the cluster'} |`,
    `| kubectl | \`kubectl get ${plural}\`, \`kubectl get ${CATEGORY}\` |`,
  ].join('\n')
}

function sections(definition: KindDefinition, path: string, schema: z.ZodType): readonly Section[] {
  const fields = fieldsOf(schema)
  if (fields === undefined) return []
  if (isSameSpec(definition, path))
    return [{ definition, path, schema, shape: structuralSchema(schema, path.split('.')) }]
  const below = [...fields].flatMap(([name, field]) => {
    const entry = entryOf(field)
    return entry === undefined
      ? sections(definition, `${path}.${name}`, field)
      : sections(definition, `${path}.${name}[]`, entry)
  })
  if (fields.size === 0) return []
  return [{ definition, path, schema, shape: structuralSchema(schema, path.split('.')) }, ...below]
}

function isSameSpec({ kind }: KindDefinition, path: string): boolean {
  return kind === SAME_SPEC.kind && path === SAME_SPEC.path
}

function render({ definition, path, schema, shape }: Section): string {
  if (isSameSpec(definition, path)) {
    const { as } = SAME_SPEC
    return `## \`${path}\`\n\nThe same fields as \`spec\` of [${as}](${as.toLowerCase()}.md#spec).`
  }
  const fields = [...(fieldsOf(schema) ?? [])]
  // The operator writes the status, so its fields have no defaults and no bad input.
  const isStatus = path.startsWith('status')
  const around = path
    .split('.')
    .slice(1)
    .flatMap((part) => (part.endsWith('[]') ? [part.slice(0, -2), 0 as const] : part))
  const place = { around, spec: definition.spec, example: own(definition.example, 'spec') }
  const rows = fields.flatMap(([name, field]) => {
    const meta = metaOf(field)
    const property = shape.properties?.[name]
    if (meta === undefined || property === undefined) return []
    const absent = shape.required?.includes(name) === true ? '**required**' : (meta.default ?? '')
    const [start, meaning] = [[`\`${name}\``, typeOf(property)], explain(meta, property)]
    return isStatus
      ? [[...start, meaning]]
      : [[...start, absent, meaning, badInputMessage(field, { ...place, name }) ?? '']]
  })
  const head = isStatus ? ['Field', 'Type', 'Meaning'] : ['Field', 'Type', 'Default', 'Meaning', 'Bad input gives']
  const description = metaOf(schema)?.description
  return [
    `## \`${path}\``,
    ...(description === undefined ? [] : [description]),
    tableMarkdown(head, rows),
    ...rulesOf(shape),
  ].join('\n\n')
}

function rulesOf(shape: StructuralSchema): string[] {
  const rules = shape['x-kubernetes-validations'] ?? []
  if (rules.length === 0) return []
  const lines = rules.map(
    ({ message, fieldPath }) => `- ${fieldPath === undefined ? '' : `\`${fieldPath.slice(1)}\`: `}${message}`,
  )
  return [`Also checked by the API server:\n\n${lines.join('\n')}`]
}

function typeOf(shape: StructuralSchema): string {
  if (shape.type === 'array') return `list of ${shape.items === undefined ? 'anything' : entriesOf(shape.items)}`
  if (shape.format === 'date-time') return 'time'
  if (shape.additionalProperties !== undefined) return `map of ${entriesOf(shape.additionalProperties)}`
  return WORDS[shape.type]
}

const WORDS = { object: 'object', array: 'list', string: 'text', boolean: 'boolean', integer: 'integer' } as const

function entriesOf(shape: StructuralSchema): string {
  return shape.type === 'string' ? 'texts' : `${shape.type}s`
}

function explain(meta: FieldMeta, shape: StructuralSchema): string {
  const limits = limitsOf(shape)
  const example = meta.example === undefined ? '' : ` Example: \`${inline(meta.example)}\`.`
  return [meta.description, ...(limits === '' ? [] : [`${limits}.`])].join(' ') + example
}

function limitsOf(shape: StructuralSchema): string {
  if (shape.enum !== undefined) {
    const values = shape.enum.filter((value) => value !== '')
    return values.length < 2 ? '' : `One of ${values.map((value) => `\`${value}\``).join(', ')}`
  }
  if (shape.maxProperties !== undefined) return `At most ${shape.maxProperties} entries`
  if (shape.maxItems !== undefined) return `At most ${shape.maxItems} entries`
  if (shape.minimum !== undefined && shape.maximum !== undefined) return `From ${shape.minimum} to ${shape.maximum}`
  if (shape.maxLength !== undefined && shape.format === undefined) return `At most ${shape.maxLength} characters`
  return ''
}

function columnTable({ columns }: KindDefinition): string {
  const rows = columns.map(({ name, description, jsonPath }) => [name, description, `\`${jsonPath}\``])
  return `## Columns of \`kubectl get\`\n\n${tableMarkdown(['Column', 'Meaning', 'From'], rows)}`
}

function inline(example: unknown): string {
  return typeof example === 'string' ? example : stringify(example, { collectionStyle: 'flow', lineWidth: 0 }).trim()
}
