import { z } from 'zod'
import { conditions } from '../schema/condition.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'

const failedNamespaceSchema = z
  .object({
    namespace: field(z.string().max(LIMITS.namespace), { description: 'The namespace.' }),
    reason: field(z.string().max(LIMITS.failureReason).exactOptional(), { description: 'Why, and whose move it is.' }),
  })
  .readonly()

/** Status of a ClusterExternalSecret. What cannot be read counts as absent: the status is ours and will be written anew. */
export const clusterExternalSecretStatusSchema = z
  .object({
    observedGeneration: field(z.int().exactOptional(), {
      description: 'Generation of the spec that the status is about.',
      format: 'int64',
    }),
    conditions: conditions(),
    externalSecretName: field(z.string().max(LIMITS.kubernetesName).exactOptional(), {
      description: 'Name of the ExternalSecrets.',
    }),
    provisionedNamespaces: field(
      z.array(z.string().max(LIMITS.namespace)).max(LIMITS.provisionedNamespaces).readonly().catch([]),
      {
        description: 'Namespaces that have the ExternalSecret, in order. Where there are more, Ready says how many.',
      },
    ),
    failedNamespaces: field(z.array(failedNamespaceSchema).max(LIMITS.failedNamespaces).readonly().catch([]), {
      description: 'Namespaces in which it failed, in order. Where there are more, Ready says how many.',
    }),
  })
  .readonly()

/** See {@link clusterExternalSecretStatusSchema}. */
export type ClusterExternalSecretStatus = z.output<typeof clusterExternalSecretStatusSchema>
/** One entry of `status.failedNamespaces`. */
export type FailedNamespace = z.output<typeof failedNamespaceSchema>
