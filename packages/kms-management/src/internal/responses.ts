import { defined, parseDuration, type RotationFacts, SecretSyncError } from '@ack-secret-manager/core'
import { z } from 'zod'
import type { InstanceQuota, SecretDescription, SecretSummary, VersionSummary } from '../secret-state.ts'

const date = z.string().transform((text, context) => {
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return ms
  context.addIssue({ code: 'custom', message: 'not a date' })
  return z.NEVER
})
/** Absent fields arrive as missing, `null` or empty. */
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined)
const optionalDate = z
  .union([z.literal('').transform(() => undefined), date])
  .nullish()
  .transform((ms) => ms ?? undefined)
const tags = z
  .object({ Tag: z.array(z.object({ TagKey: z.string(), TagValue: z.string().default('') })).default([]) })
  .nullish()
  .transform((list) => list && Object.fromEntries(list.Tag.map(({ TagKey, TagValue }) => [TagKey, TagValue])))

const summaryFields = {
  SecretName: z.string().min(1),
  SecretType: z.string().min(1),
  CreateTime: date,
  UpdateTime: date,
  PlannedDeleteTime: optionalDate,
  OwingService: optionalText,
  Tags: tags,
}
const summarySchema = z.object(summaryFields)
const descriptionSchema = z.object({
  ...summaryFields,
  Arn: optionalText,
  Description: z.string().nullish(),
  EncryptionKeyId: optionalText,
  DKMSInstanceId: optionalText,
  AutomaticRotation: optionalText,
  RotationInterval: optionalText,
  LastRotationDate: optionalDate,
  NextRotationDate: optionalDate,
})
/** A version id or stage. KMS allows 64 characters. */
const label = z.string().min(1).max(64)
const versionSchema = z.object({
  VersionId: label,
  CreateTime: date,
  // KMS allows 8 stages of the user for a secret.
  VersionStages: z.object({ VersionStage: z.array(label).max(64).default([]) }).nullish(),
})

/** One page of a list. */
export interface Page<T> {
  readonly total: number
  readonly items: readonly T[]
}

const secretsPage = z.object({
  TotalCount: z.int().min(0),
  SecretList: z.object({ Secret: z.array(summarySchema).default([]) }).nullish(),
})
const versionsPage = z.object({
  TotalCount: z.int().min(0),
  VersionIds: z.object({ VersionId: z.array(versionSchema).default([]) }).nullish(),
})

const instanceQuotas = z.object({
  KmsInstanceQuotaInfos: z.array(
    z.object({
      ResourceType: z.string().min(1),
      ResourceQuota: z.number(),
      UsedQuantity: z
        .number()
        .nullish()
        .transform((used) => used ?? undefined),
    }),
  ),
})

/** A page of ListSecrets. @throws SecretSyncError `InvalidResponse` */
export function parseSecretsPage(response: unknown, what: string): Page<SecretSummary> {
  const { TotalCount: total, SecretList: list } = parse(secretsPage, response, what)
  return { total, items: (list?.Secret ?? []).map(summaryOf) }
}

/** A page of ListSecretVersionIds. @throws SecretSyncError `InvalidResponse` */
export function parseVersionsPage(response: unknown, what: string): Page<VersionSummary> {
  const { TotalCount: total, VersionIds: list } = parse(versionsPage, response, what)
  const items = (list?.VersionId ?? []).map(({ VersionId: versionId, CreateTime: createdMs, VersionStages }) => ({
    versionId,
    createdMs,
    stages: VersionStages?.VersionStage ?? [],
  }))
  return { total, items }
}

/** A response of DescribeSecret. @throws SecretSyncError `InvalidResponse` */
export function parseDescription(response: unknown, what: string): SecretDescription {
  const fields = parse(descriptionSchema, response, what)
  const { Arn: arn, EncryptionKeyId: encryptionKeyId, DKMSInstanceId: kmsInstanceId } = fields
  const rotation = rotationOf(fields)
  return {
    ...summaryOf(fields),
    description: fields.Description ?? '',
    ...defined({ arn, encryptionKeyId, kmsInstanceId, rotation }),
  }
}

/** A response of GetKmsInstanceQuotaInfos. @throws SecretSyncError `InvalidResponse` */
export function parseInstanceQuotas(response: unknown, what: string): readonly InstanceQuota[] {
  return parse(instanceQuotas, response, what).KmsInstanceQuotaInfos.map(
    ({ ResourceType: resource, ResourceQuota: limit, UsedQuantity: used }) => ({
      resource,
      limit,
      ...defined({ used }),
    }),
  )
}

function summaryOf(fields: z.output<typeof summarySchema>): SecretSummary {
  const { PlannedDeleteTime: plannedDeletionMs, OwingService: owningService, Tags } = fields
  return {
    name: fields.SecretName,
    type: fields.SecretType,
    createdMs: fields.CreateTime,
    updatedMs: fields.UpdateTime,
    ...defined({ plannedDeletionMs, owningService }),
    ...(Tags === undefined || Tags === null ? {} : { tags: Tags }),
  }
}

function rotationOf(fields: z.output<typeof descriptionSchema>): RotationFacts | undefined {
  const { AutomaticRotation: automatic, RotationInterval: interval } = fields
  if (automatic === undefined) return undefined
  const intervalMs = interval === undefined ? undefined : parseDuration(interval)
  const { LastRotationDate: lastMs, NextRotationDate: nextMs } = fields
  return {
    automatic: automatic === 'Enabled',
    ...defined({ intervalMs, lastMs, nextMs }),
  }
}

/** The message names the field, never its text. */
function parse<T extends z.ZodType>(schema: T, response: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(response)
  if (parsed.success) return parsed.data
  const field = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new SecretSyncError('InvalidResponse', `${what}: the response has no valid ${field === '' ? 'content' : field}`)
}
