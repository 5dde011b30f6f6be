import { type CustomResourceDefinition, crds } from '../crd/crds.ts'
import type { StructuralSchema } from '../crd/structural-schema.ts'
import { API_VERSION, GROUP } from '../names.ts'

/** A JSON Schema, draft 7: the newest one that every editor understands. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Name of the schema for files with any objects. */
export const INDEX_FILE = 'index.json'

const DRAFT = 'http://json-schema.org/draft-07/schema#'
const TEXTS = { type: 'object', additionalProperties: { type: 'string' } }
const METADATA = {
  type: 'object',
  description: 'Name, namespace, labels and annotations of the object.',
  required: ['name'],
  properties: { name: { type: 'string' }, namespace: { type: 'string' }, labels: TEXTS, annotations: TEXTS },
}
/** Keywords of a structural schema that are also those of JSON Schema. */
const SHARED = [
  'type',
  'description',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
] as const satisfies readonly (keyof StructuralSchema)[]

/**
 * JSON Schemas for editors by file name: one for each kind, and one that selects among them by the kind of an object. They are made from
 * the CRDs and refuse unknown fields, as the parsers do.
 */
export function jsonSchemas(): ReadonlyMap<string, JsonSchema> {
  const schemas = crds().map((crd) => [fileOf(crd), kindSchema(crd)] as const)
  return new Map([...schemas, [INDEX_FILE, indexSchema()]])
}

function fileOf({ spec }: CustomResourceDefinition): string {
  return `${spec.names.singular}.json`
}

function kindSchema({ spec }: CustomResourceDefinition): JsonSchema {
  const { kind } = spec.names
  const { description, properties = {} } = spec.versions[0]?.schema.openAPIV3Schema ?? { type: 'object' as const }
  return {
    $schema: DRAFT,
    title: kind,
    description,
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    additionalProperties: false,
    properties: {
      apiVersion: { const: API_VERSION, description: properties['apiVersion']?.description },
      kind: { const: kind, description: properties['kind']?.description },
      metadata: METADATA,
      spec: convert(properties['spec'] ?? { type: 'object' }),
      status: { type: 'object', description: 'Written by the operator.' },
    },
  }
}

/** Objects of other groups are not checked, because files may also have Secrets and Namespaces. */
function indexSchema(): JsonSchema {
  const ours = {
    required: ['apiVersion'],
    properties: { apiVersion: { pattern: `^${GROUP.replaceAll('.', '\\.')}/` } },
  }
  const kindNames = crds().map(({ spec }) => spec.names.kind)
  return {
    $schema: DRAFT,
    title: 'Objects of ack-secret-manager, and others',
    type: 'object',
    allOf: [
      conditional(ours, { required: ['kind'], properties: { kind: { enum: kindNames } } }),
      ...crds().map((crd) => {
        const isKind = { required: ['kind'], properties: { kind: { const: crd.spec.names.kind } } }
        return conditional({ allOf: [ours, isKind] }, { $ref: fileOf(crd) })
      }),
    ],
  }
}

function conditional(condition: JsonSchema, consequence: JsonSchema): JsonSchema {
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nothing awaits it
  return { if: condition, then: consequence }
}

function convert(schema: StructuralSchema): JsonSchema {
  const { properties, additionalProperties, items } = schema
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true
  return {
    ...Object.fromEntries(
      SHARED.flatMap((keyword) => (schema[keyword] === undefined ? [] : [[keyword, schema[keyword]]])),
    ),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, convert(each)])),
      ...(isOpen ? {} : { additionalProperties: false }),
    }),
    ...(additionalProperties && { additionalProperties: convert(additionalProperties) }),
    ...(items && { items: convert(items) }),
  }
}
