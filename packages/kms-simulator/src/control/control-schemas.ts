import { z } from 'zod'
import { FAULT_KINDS } from '../gateway/faults.ts'
import { SECRET_TYPES } from '../kms/secret.ts'
import { clientKeyFields } from '../instance/instance-seed.ts'
import { accessKeyFields, dataFields } from '../seed.ts'
import { hasOneKeySource, NEEDS_KEYS, oidcProviderFields, roleFields } from '../sts/sts-seed.ts'

const oneOfData = (value: { data?: string | undefined; dataBase64?: string | undefined }): boolean =>
  (value.data === undefined) !== (value.dataBase64 === undefined)
const NEEDS_DATA = { message: 'needs either data or dataBase64' }
const MAX_CHANGES = 100_000
const MAX_MS = 3_600_000

const valueFields = { ...dataFields, versionId: z.string().optional(), type: z.enum(SECRET_TYPES).optional() }

/** Body of `PUT /secrets/NAME`. */
export const putSecretSchema = z.strictObject(valueFields).refine(oneOfData, NEEDS_DATA)

/** Body of `PUT /secrets`. */
export const putSecretsSchema = z
  .array(z.strictObject({ name: z.string(), ...valueFields }).refine(oneOfData, NEEDS_DATA))
  .max(MAX_CHANGES)

/** Body of `DELETE /secrets/NAME`: without days the secret is deleted at once. */
export const deleteSecretSchema = z.strictObject({ recoveryWindowInDays: z.int().min(7).max(30).optional() })

/** Body of `PUT /secrets/NAME/stages`. */
export const putStageSchema = z.strictObject({ stage: z.string(), versionId: z.string() })

/** Body of `POST /rotate/NAME`. */
export const rotateSchema = z.strictObject({ versionId: z.string().optional() })

/** Body of `POST /faults`. */
export const faultSchema = z.strictObject({
  match: z.strictObject({ action: z.string().optional(), secret: z.string().optional() }).optional(),
  fault: z.enum(FAULT_KINDS),
  count: z.int().min(1).optional(),
  ms: z.int().min(0).max(MAX_MS).optional(),
})

/** Body of `PUT /batch`: omitted fields keep their last value. */
export const putBatchSchema = z.strictObject({
  refusal: z.enum(['entry', 'call']).optional(),
  cost: z.enum(['call', 'secret']).optional(),
  isKnown: z.boolean().optional(),
  needsPermission: z.boolean().optional(),
})

/** Body of `PUT /accessKeys/ID`: omitted fields keep their last value. */
export const putAccessKeySchema = z.strictObject({
  ...accessKeyFields,
  secret: accessKeyFields.secret.optional(),
  allow: accessKeyFields.allow.unwrap().optional(),
})

/** Body of `PUT /roles/NAME`: omitted fields keep their last value. */
export const putRoleSchema = z.strictObject({
  account: roleFields.account,
  trust: roleFields.trust.unwrap().optional(),
  allow: roleFields.allow.unwrap().optional(),
  maxSessionSeconds: roleFields.maxSessionSeconds.unwrap().optional(),
})

/** Body of `PUT /oidcProviders/ARN`. */
export const putOidcProviderSchema = z.strictObject(oidcProviderFields).refine(hasOneKeySource, NEEDS_KEYS)

/** Body of `PUT /clientKeys/ID`. `secrets` changes the key in place; any other field makes a new one, with default end and encryption. */
export const putClientKeySchema = z.strictObject({
  password: clientKeyFields.password.optional(),
  secrets: clientKeyFields.secrets.unwrap().optional(),
  notAfter: clientKeyFields.notAfter,
  encryption: clientKeyFields.encryption.unwrap().optional(),
})
