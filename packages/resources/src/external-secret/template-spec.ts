import { z } from 'zod'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { whyNotMetadataName } from '../schema/metadata-name.ts'
import { line, objectName, secretKey, text } from '../schema/text.ts'

/** A map with a limited number of entries. */
function mapOf(key: z.ZodString, value: z.ZodString, maxEntries: number) {
  return z
    .record(key, value)
    .refine((map) => Object.keys(map).length <= maxEntries, { error: `expected at most ${maxEntries} entries` })
    .readonly()
    .default({})
}

/** Name of a label or annotation that a template may set. */
function metadataName() {
  return text(LIMITS.labelKey).refine((name) => whyNotMetadataName(name) === undefined, {
    error: ({ input }) => whyNotMetadataName(String(input)) ?? '',
  })
}

const itemSchema = z
  .strictObject({
    key: field(secretKey(), { description: 'Key of the object that holds the template.', example: 'config.yaml' }),
    templateAs: field(z.enum(['Values', 'KeysAndValues']).default('Values'), {
      description:
        '`Values`: the output becomes the value of this key. `KeysAndValues`: the output consists of `key=value` lines, and each line becomes a key.',
      default: 'Values',
      example: 'KeysAndValues',
    }),
  })
  .readonly()

function objectRef(kind: 'ConfigMap' | 'Secret') {
  return z
    .strictObject({
      name: field(objectName(), {
        description: `Name of the ${kind}, in the namespace of the ExternalSecret.`,
        example: 'web-templates',
      }),
      items: field(z.array(itemSchema).min(1).max(LIMITS.templateItems).readonly(), {
        description: 'Keys that hold templates.',
        example: [{ key: 'config.yaml' }],
      }),
    })
    .readonly()
}

const SOURCES = ['configMap', 'secret', 'literal'] as const
const ONE_SOURCE = 'expected exactly one of configMap, secret and literal'

const templateFromSchema = field(
  z
    .strictObject({
      configMap: field(objectRef('ConfigMap').exactOptional(), {
        description: 'Templates in a ConfigMap. The operator watches it and renders changes immediately.',
        default: 'none',
        example: { name: 'web-templates', items: [{ key: 'config.yaml' }] },
      }),
      secret: field(objectRef('Secret').exactOptional(), {
        description: 'Templates in a Secret, which is watched too. It must not be the target.',
        default: 'none',
        example: { name: 'web-templates', items: [{ key: 'config.yaml' }] },
      }),
      literal: field(text(LIMITS.template).exactOptional(), {
        description: 'An inline template. Its output is written to the key `literal`.',
        default: 'none',
        example: 'postgres://{{ .user }}@db',
      }),
      target: field(z.enum(['Data', 'Annotations', 'Labels']).default('Data'), {
        description: 'Part of the Secret to which the output is written.',
        default: 'Data',
        example: 'Labels',
      }),
    })
    .readonly()
    .superRefine((entry, context) => {
      if (SOURCES.filter((name) => entry[name] !== undefined).length === 1) return
      context.addIssue({ code: 'custom', path: [], message: ONE_SOURCE })
    }),
  {
    description: 'Source of templates, and the part of the Secret that they render.',
    rules: [
      {
        rule: "[has(self.configMap), has(self.secret), has(self.literal) && self.literal != ''].filter(one, one).size() == 1",
        message: ONE_SOURCE,
      },
    ],
  },
)

const metadataSchema = z
  .strictObject({
    labels: field(mapOf(metadataName(), z.string().max(LIMITS.labelTemplate), LIMITS.templateLabels), {
      description: 'Labels of the Secret. The values are templates.',
      default: 'none',
      maxEntries: LIMITS.templateLabels,
      example: { app: 'web' },
    }),
    annotations: field(mapOf(metadataName(), z.string().max(LIMITS.annotationTemplate), LIMITS.templateAnnotations), {
      description: 'Annotations of the Secret. The values are templates.',
      default: 'none',
      maxEntries: LIMITS.templateAnnotations,
      example: { owner: 'team-web' },
    }),
  })
  .readonly()

/** How the Secret is rendered from the keys that were read. */
export const templateSchema = z
  .strictObject({
    data: field(mapOf(secretKey(), z.string().max(LIMITS.template), LIMITS.templateKeys), {
      description: 'Keys of the Secret. The values are Go templates with access to the keys that were read.',
      default: 'none',
      maxEntries: LIMITS.templateKeys,
      example: { url: 'postgres://{{ .user }}:{{ .password }}@db' },
    }),
    templateFrom: field(z.array(templateFromSchema).max(LIMITS.templateFrom).readonly().default([]), {
      description: 'More templates, rendered after `data`. If two produce the same key, the later one wins.',
      default: 'none',
    }),
    metadata: field(metadataSchema.prefault({}), {
      description: 'Labels and annotations of the Secret. The operator prunes those that are removed from this list.',
      default: 'none',
    }),
    type: field(line(LIMITS.kubernetesName).exactOptional(), {
      description: 'Type of the Secret; takes precedence over `spec.type`.',
      default: '`spec.type`',
      example: 'kubernetes.io/tls',
    }),
    mergePolicy: field(z.enum(['Replace', 'Merge']).default('Replace'), {
      description:
        '`Replace`: if templates produce keys, the Secret has only these and generated ones. `Merge`: also the keys that were read; on a conflict the template wins.',
      default: 'Replace',
      example: 'Merge',
    }),
  })
  .readonly()

export type TemplateSpec = z.output<typeof templateSchema>
export type TemplateFromEntry = z.output<typeof templateFromSchema>

/** Whether the keys that were read are omitted from the Secret, so that their names need not be valid keys. */
export function replacesKeys({ data, templateFrom, mergePolicy }: TemplateSpec): boolean {
  if (mergePolicy === 'Merge') return false
  return Object.keys(data).length > 0 || templateFrom.some(({ target }) => target === 'Data')
}
