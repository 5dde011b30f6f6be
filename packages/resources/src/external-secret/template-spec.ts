import { z } from 'zod'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { whyNotMetadataName } from '../schema/metadata-name.ts'
import { line, objectName, secretKey, text } from '../schema/text.ts'

/** A map of limited size, as the schema of the CRD wants it. */
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
        '`Values`: what the template gives is written under the name of its key. `KeysAndValues`: it gives lines of `key=value`, each of which is written.',
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
        description: 'Which of its keys are templates.',
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
        description: 'Templates that a ConfigMap holds. It is watched: a change is rendered at once.',
        default: 'none',
        example: { name: 'web-templates', items: [{ key: 'config.yaml' }] },
      }),
      secret: field(objectRef('Secret').exactOptional(), {
        description: 'Templates that a Secret holds, watched as well; it must not be the target.',
        default: 'none',
        example: { name: 'web-templates', items: [{ key: 'config.yaml' }] },
      }),
      literal: field(text(LIMITS.template).exactOptional(), {
        description: 'The template itself. What it gives is written under the name `literal`.',
        default: 'none',
        example: 'postgres://{{ .user }}@db',
      }),
      target: field(z.enum(['Data', 'Annotations', 'Labels']).default('Data'), {
        description: 'What of the Secret it becomes part of.',
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
    description: 'Where templates are, and what they become.',
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
      description: 'Labels of the Secret; the values are templates.',
      default: 'none',
      maxEntries: LIMITS.templateLabels,
      example: { app: 'web' },
    }),
    annotations: field(mapOf(metadataName(), z.string().max(LIMITS.annotationTemplate), LIMITS.templateAnnotations), {
      description: 'Annotations of the Secret; the values are templates.',
      default: 'none',
      maxEntries: LIMITS.templateAnnotations,
      example: { owner: 'team-web' },
    }),
  })
  .readonly()

/** How the Secret is made of what was read. */
export const templateSchema = z
  .strictObject({
    data: field(mapOf(secretKey(), z.string().max(LIMITS.template), LIMITS.templateKeys), {
      description: 'Keys of the Secret; the values are Go templates that see the keys that were read.',
      default: 'none',
      maxEntries: LIMITS.templateKeys,
      example: { url: 'postgres://{{ .user }}:{{ .password }}@db' },
    }),
    templateFrom: field(z.array(templateFromSchema).max(LIMITS.templateFrom).readonly().default([]), {
      description: 'More templates. They are rendered after `data`; where two give one key, the later one counts.',
      default: 'none',
    }),
    metadata: field(metadataSchema.prefault({}), {
      description: 'Labels and annotations of the Secret. One that leaves this list is taken off again.',
      default: 'none',
    }),
    type: field(line(LIMITS.kubernetesName).exactOptional(), {
      description: 'Type of the Secret; beats `spec.type`.',
      default: '`spec.type`',
      example: 'kubernetes.io/tls',
    }),
    mergePolicy: field(z.enum(['Replace', 'Merge']).default('Replace'), {
      description:
        '`Replace`: where a template gives keys of the Secret, they are all that it holds. `Merge`: they stand beside those that were read, and beat them.',
      default: 'Replace',
      example: 'Merge',
    }),
  })
  .readonly()

/** How a Secret is made of what was read. */
export type TemplateSpec = z.output<typeof templateSchema>
/** One entry of `templateFrom`. */
export type TemplateFromEntry = z.output<typeof templateFromSchema>

/** Whether what was read is left out of the Secret, so that its names need not be keys of one. */
export function replacesKeys({ data, templateFrom, mergePolicy }: TemplateSpec): boolean {
  if (mergePolicy === 'Merge') return false
  return Object.keys(data).length > 0 || templateFrom.some(({ target }) => target === 'Data')
}
