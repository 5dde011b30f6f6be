import { z } from 'zod'
import { conditions } from '../schema/condition.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'

const failedNamespaceSchema = z
  .object({
    namespace: field(z.string().max(LIMITS.namespace), { description: 'The namespace.' }),
    reason: field(z.string().max(LIMITS.failureReason).exactOptional(), {
      description: 'Cause of the failure, and the fix.',
    }),
  })
  .readonly()

/** Status of a ClusterExternalSecret. Invalid parts count as absent, because the operator overwrites the status. */
export const clusterExternalSecretStatusSchema = z
  .object({
    observedGeneration: field(z.int().exactOptional(), {
      description: 'Generation of the spec that the status is based on.',
      format: 'int64',
    }),
    conditions: conditions(),
    externalSecretName: field(z.string().max(LIMITS.kubernetesName).exactOptional(), {
      description: 'Name of the ExternalSecrets.',
    }),
    provisionedNamespaces: field(
      z.array(z.string().max(LIMITS.namespace)).max(LIMITS.provisionedNamespaces).readonly().catch([]),
      {
        description:
          'Namespaces that have the ExternalSecret, sorted. If the list is cut off, the Ready message has the total.',
      },
    ),
    failedNamespaces: field(z.array(failedNamespaceSchema).max(LIMITS.failedNamespaces).readonly().catch([]), {
      description: 'Namespaces in which it failed, sorted. If the list is cut off, the Ready message has the total.',
    }),
  })
  .readonly()

export type ClusterExternalSecretStatus = z.output<typeof clusterExternalSecretStatusSchema>
/** One entry of `status.failedNamespaces`. */
export type FailedNamespace = z.output<typeof failedNamespaceSchema>
