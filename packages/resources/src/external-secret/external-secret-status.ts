import { z } from 'zod'
import { conditions } from '../schema/condition.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'

const syncResultSchema = z
  .object({
    ExternalSecretKey: field(z.string().max(LIMITS.kmsSecretName).exactOptional(), {
      description: 'The KMS secret that failed; absent when all succeeded.',
    }),
    status: field(z.string().max(64).exactOptional(), {
      description: '`Succeeded` or `Failed`.',
      example: 'Succeeded',
    }),
    reason: field(z.string().max(LIMITS.message).exactOptional(), { description: 'Why it failed.' }),
    synchronizationTime: field(z.string().max(64).exactOptional(), {
      description: 'When this result last changed.',
      format: 'date-time',
    }),
  })
  .readonly()

const rotationSchema = z
  .object({
    automatic: field(z.boolean(), { description: 'Whether KMS rotates the secret by itself.' }),
    nextTime: field(z.string().max(64).exactOptional(), {
      description: 'When KMS means to rotate it next.',
      format: 'date-time',
    }),
  })
  .readonly()

const sourceStatusSchema = z
  .object({
    key: field(z.string().max(LIMITS.kmsSecretName), { description: 'The KMS secret.', example: 'app/db' }),
    versionStage: field(z.string().max(LIMITS.kmsVersion).exactOptional(), {
      description: 'Stage label that was asked for.',
    }),
    versionId: field(z.string().max(LIMITS.kmsVersion).exactOptional(), {
      description: 'Version that the value in the Secret is of.',
    }),
    type: field(z.string().max(64).exactOptional(), { description: 'Type of the KMS secret.', example: 'Generic' }),
    rotation: field(rotationSchema.exactOptional(), {
      description: 'What KMS tells of rotation; absent where it does not rotate.',
    }),
  })
  .readonly()

const targetStatusSchema = z
  .object({
    name: field(z.string().max(LIMITS.kubernetesName), { description: 'Name of the Secret.' }),
    uid: field(z.string().max(128).exactOptional(), { description: 'UID of the Secret.' }),
    keyCount: field(z.int().min(0), { description: 'How many keys of it are ours.', format: 'int32' }),
    lastChangeTime: field(z.string().max(64).exactOptional(), {
      description: 'When the operator last wrote the Secret. An outage and its end do not move it.',
      format: 'date-time',
    }),
  })
  .readonly()

/** Status of an ExternalSecret. What cannot be read counts as absent: the status is ours and will be written anew. */
export const externalSecretStatusSchema = z
  .object({
    observedGeneration: field(z.int().exactOptional(), {
      description: 'Generation of the spec that the status is about.',
      format: 'int64',
    }),
    conditions: conditions(),
    dataSyncResults: field(z.array(syncResultSchema).max(LIMITS.statusEntries).readonly().catch([]), {
      description: 'One `Succeeded` entry without a key, or one `Failed` entry for each KMS secret that failed.',
    }),
    secrets: field(z.array(sourceStatusSchema).max(LIMITS.statusEntries).readonly().catch([]), {
      description: 'The KMS secrets and versions that the values in the Secret are of.',
    }),
    target: field(targetStatusSchema.exactOptional(), { description: 'The Secret that was written.' }),
  })
  .readonly()

/** See {@link externalSecretStatusSchema}. */
export type ExternalSecretStatus = z.output<typeof externalSecretStatusSchema>
/** One entry of `status.dataSyncResults`. */
export type DataSyncResult = z.output<typeof syncResultSchema>
/** One entry of `status.secrets`. */
export type SourceStatus = z.output<typeof sourceStatusSchema>
