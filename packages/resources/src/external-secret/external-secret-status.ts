import { z } from 'zod'
import { conditions } from '../schema/condition.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'

const syncResultSchema = z
  .object({
    ExternalSecretKey: field(z.string().max(LIMITS.kmsSecretName).exactOptional(), {
      description: 'KMS secret that failed; absent if all succeeded.',
    }),
    status: field(z.string().max(64).exactOptional(), {
      description: '`Succeeded` or `Failed`.',
      example: 'Succeeded',
    }),
    reason: field(z.string().max(LIMITS.message).exactOptional(), { description: 'Cause of the failure.' }),
    synchronizationTime: field(z.string().max(64).exactOptional(), {
      description: 'Time of the last change of this result.',
      format: 'date-time',
    }),
  })
  .readonly()

const rotationSchema = z
  .object({
    automatic: field(z.boolean(), { description: 'Whether KMS rotates the secret automatically.' }),
    nextTime: field(z.string().max(64).exactOptional(), {
      description: 'Time of the next rotation that KMS has scheduled.',
      format: 'date-time',
    }),
  })
  .readonly()

const sourceStatusSchema = z
  .object({
    key: field(z.string().max(LIMITS.kmsSecretName), { description: 'The KMS secret.', example: 'app/db' }),
    versionStage: field(z.string().max(LIMITS.kmsVersion).exactOptional(), {
      description: 'Requested stage label.',
    }),
    versionId: field(z.string().max(LIMITS.kmsVersion).exactOptional(), {
      description: 'Version of the value in the Secret.',
    }),
    type: field(z.string().max(LIMITS.kmsSecretType).exactOptional(), {
      description: 'Type of the KMS secret.',
      example: 'Generic',
    }),
    rotation: field(rotationSchema.exactOptional(), {
      description: 'Rotation as reported by KMS; absent if KMS does not rotate the secret.',
    }),
  })
  .readonly()

const targetStatusSchema = z
  .object({
    name: field(z.string().max(LIMITS.kubernetesName), { description: 'Name of the Secret.' }),
    uid: field(z.string().max(128).exactOptional(), { description: 'UID of the Secret.' }),
    keyCount: field(z.int().min(0), { description: 'Number of keys that the operator manages.', format: 'int32' }),
    lastChangeTime: field(z.string().max(64).exactOptional(), {
      description: 'Time of the last write of the Secret. An outage and its end do not change it.',
      format: 'date-time',
    }),
  })
  .readonly()

const generatedStatusSchema = z
  .object({
    name: field(z.string().max(LIMITS.kubernetesName), { description: 'Key in the Secret.', example: 'password' }),
    generatedTime: field(z.string().max(64), {
      description: 'Time at which the value was generated, adopted or last edited by a user.',
      format: 'date-time',
    }),
    expiryTime: field(z.string().max(64).exactOptional(), {
      description: 'Time at which a token expires. Absent for a password.',
      format: 'date-time',
    }),
    renewalTime: field(z.string().max(64).exactOptional(), {
      description: 'Time at which it is replaced. Absent if it is not rotated.',
      format: 'date-time',
    }),
  })
  .readonly()

/** Status of an ExternalSecret. Invalid parts count as absent, because the operator overwrites the status. */
export const externalSecretStatusSchema = z
  .object({
    observedGeneration: field(z.int().exactOptional(), {
      description: 'Generation of the spec that the status is based on.',
      format: 'int64',
    }),
    conditions: conditions(),
    dataSyncResults: field(z.array(syncResultSchema).max(LIMITS.statusEntries).readonly().catch([]), {
      description: 'One `Succeeded` entry without a key, or a `Failed` entry for each KMS secret that failed.',
    }),
    secrets: field(z.array(sourceStatusSchema).max(LIMITS.statusEntries).readonly().catch([]), {
      description: 'KMS secrets and versions of the values in the Secret.',
    }),
    found: field(z.int().min(0).exactOptional(), {
      description:
        'Number of secrets that `spec.dataFrom` has found. Absent without `dataFrom`, and before the first list.',
      format: 'int32',
    }),
    generated: field(z.array(generatedStatusSchema).max(LIMITS.generateEntries).readonly().catch([]).exactOptional(), {
      description: 'Keys with generated values. Absent without `spec.generate`.',
    }),
    target: field(targetStatusSchema.exactOptional(), { description: 'The Secret that was written.' }),
    lastHandledRefresh: field(z.string().max(LIMITS.refreshRequest).exactOptional(), {
      description:
        'Last value of the annotation `alibabacloud.com/refresh-now` that was handled: every secret was read after it, and `Ready` has the result.',
    }),
  })
  .readonly()

export type ExternalSecretStatus = z.output<typeof externalSecretStatusSchema>
/** One entry of `status.generated`. */
export type GeneratedStatus = z.output<typeof generatedStatusSchema>
/** One entry of `status.dataSyncResults`. */
export type DataSyncResult = z.output<typeof syncResultSchema>
/** One entry of `status.secrets`. */
export type SourceStatus = z.output<typeof sourceStatusSchema>
