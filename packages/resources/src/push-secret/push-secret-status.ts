import { z } from 'zod'
import { conditions } from '../schema/condition.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'

const storeSchema = z
  .object({
    name: field(z.string().max(LIMITS.kubernetesName), { description: 'Name of the store.' }),
    namespace: field(z.string().max(LIMITS.namespace).exactOptional(), { description: 'Its namespace.' }),
    kind: field(z.enum(['SecretStore', 'ClusterSecretStore']), { description: 'Its kind.' }),
  })
  .readonly()

const pushedSchema = z
  .object({
    key: field(z.string().max(LIMITS.kmsSecretName), { description: 'Name of the KMS secret.', example: 'shop/db' }),
    secretStoreRef: field(storeSchema, { description: 'Store that it is written through.' }),
    region: field(z.string().max(LIMITS.kubernetesName).exactOptional(), {
      description: 'Region that the store wrote to.',
      example: 'cn-hangzhou',
    }),
    account: field(z.string().max(LIMITS.kubernetesName).exactOptional(), {
      description: 'Account that the store wrote to, if its role names one.',
      example: '1234567890123456',
    }),
    state: field(z.enum(['Pending', 'Pushed', 'Kept', 'Failed', 'Deleting']), {
      description:
        '`Kept`: it existed and `IfNotExists` is set. `Pending`: not written yet. `Deleting`: its deletion has failed so far.',
      example: 'Pushed',
    }),
    versionId: field(z.string().max(LIMITS.kmsVersion).exactOptional(), {
      description: 'Version that holds the value.',
      example: 'acksm-3-kbqy3ffbJ8XpmVsz',
    }),
    reason: field(z.string().max(LIMITS.failureReason).exactOptional(), {
      description: 'Cause of the failure, and the fix.',
    }),
    lastPushTime: field(z.string().max(64).exactOptional(), {
      description: 'When the operator last wrote it.',
      format: 'date-time',
    }),
  })
  .readonly()

/** Status of a PushSecret. Invalid parts count as absent, because the operator overwrites the status. */
export const pushSecretStatusSchema = z
  .object({
    observedGeneration: field(z.int().exactOptional(), {
      description: 'Generation of the spec that the status is based on.',
      format: 'int64',
    }),
    conditions: conditions(),
    secrets: field(z.array(pushedSchema).max(LIMITS.pushedSecrets).readonly().catch([]), {
      description: 'KMS secrets that this PushSecret writes or has written. Recorded before the first write.',
    }),
  })
  .readonly()

export type PushSecretStatus = z.output<typeof pushSecretStatusSchema>
/** One entry of `status.secrets`. */
export type PushedSecret = z.output<typeof pushedSchema>
