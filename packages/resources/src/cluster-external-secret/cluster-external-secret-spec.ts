import { z } from 'zod'
import { externalSecretSpecSchema } from '../external-secret/external-secret-spec.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { APPLIED_METADATA_ANNOTATION, CLUSTER_EXTERNAL_SECRET_LABEL } from '../names.ts'
import { namespaceConditions, namespaceSelectorSchema } from '../namespaces/namespace-condition-spec.ts'
import { interval, intervalRules, labelKey, labelValue, objectName } from '../schema/text.ts'

/** A map of labels or annotations, in which one key is reserved for the operator. */
function metadataMap(
  value: z.ZodString,
  meta: { readonly what: string; readonly reserved: string; readonly example: Readonly<Record<string, string>> },
) {
  const { what, reserved, example } = meta
  const message = 'is set by the operator'
  const map = z
    .record(labelKey(), value)
    .refine((entries) => Object.keys(entries).length <= LIMITS.metadataEntries, {
      error: `expected at most ${LIMITS.metadataEntries} entries`,
    })
    .refine((entries) => !Object.hasOwn(entries, reserved), { error: message, path: [reserved] })
  return field(map.readonly().default({}), {
    description: `${what} of the ExternalSecrets. ${what} that others add are kept.`,
    default: 'none',
    maxEntries: LIMITS.metadataEntries,
    example,
    rules: [{ rule: `!('${reserved}' in self)`, message: `${reserved} ${message}` }],
  })
}

const metadataSchema = z
  .strictObject({
    labels: metadataMap(labelValue(), {
      what: 'Labels',
      reserved: CLUSTER_EXTERNAL_SECRET_LABEL,
      example: { team: 'platform' },
    }),
    annotations: metadataMap(z.string().max(LIMITS.annotation), {
      what: 'Annotations',
      reserved: APPLIED_METADATA_ANNOTATION,
      example: { 'example.com/contact': 'platform' },
    }),
  })
  .readonly()

/** Spec of a ClusterExternalSecret, strict: expects absent fields where the API allows empty ones, see `parseClusterExternalSecret`. */
export const clusterExternalSecretSpecSchema = field(
  z
    .strictObject({
      externalSecretSpec: externalSecretSpecSchema,
      externalSecretName: field(objectName().exactOptional(), {
        description:
          'Name of the ExternalSecrets. After a rename the new ones are created first, then the old ones deleted.',
        default: 'the name of the ClusterExternalSecret',
        example: 'registry',
      }),
      externalSecretMetadata: field(metadataSchema.prefault({}), {
        description: 'Labels and annotations of the ExternalSecrets.',
        default: '{}',
      }),
      namespaceSelectors: field(z.array(namespaceSelectorSchema).max(LIMITS.conditions).readonly().default([]), {
        description:
          'Label selectors for namespaces, of which any must match. Prefer `conditions`, which can express the same.',
        default: 'none',
        example: [{ matchLabels: { team: 'payments' } }],
      }),
      conditions: field(namespaceConditions().readonly().default([]), {
        description:
          'Namespaces that get an ExternalSecret: those that match any part of any entry, or that `namespaceSelectors` select.',
        default: 'none; without `namespaceSelectors`, every namespace is selected',
      }),
      rotationInterval: field(interval().exactOptional(), {
        description:
          'Resync interval, 1s to 8760h. Changes are applied immediately without it. For the refresh interval see `externalSecretSpec`.',
        default: 'none: reconciled on changes only',
        example: '1h',
        rules: intervalRules,
      }),
    })
    .readonly(),
  { description: 'Which namespaces get an ExternalSecret, and its spec.' },
)

/** Spec of a ClusterExternalSecret with its defaults filled in. */
export type ClusterExternalSecretSpec = z.output<typeof clusterExternalSecretSpecSchema>
