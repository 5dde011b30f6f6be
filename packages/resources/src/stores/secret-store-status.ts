import { z } from 'zod'
import { conditions } from '../schema/condition.ts'
import { field } from '../schema/field.ts'

const identitySchema = z
  .object({
    principal: field(z.string().max(1024).exactOptional(), {
      description: 'The ARN where STS has named it, else what the spec leads to, such as `client key KAAP.…`.',
      example: 'acs:ram::1234567890123456:role/reader',
    }),
    arn: field(z.string().max(512).exactOptional(), { description: 'ARN of the identity.' }),
    account: field(z.string().max(64).exactOptional(), { description: 'Id of its account.' }),
  })
  .readonly()

/** Status of a SecretStore or ClusterSecretStore. What cannot be read counts as absent: the status is ours and will be written anew. */
export const secretStoreStatusSchema = z
  .object({
    conditions: conditions(),
    // One text, as the Go operator has it: it could not read its stores again if it were a list.
    capabilities: field(z.string().max(64).exactOptional(), {
      description: 'What can be done with the store: `ReadOnly`, once it is ready.',
      example: 'ReadOnly',
    }),
    provider: field(z.string().max(64).exactOptional(), {
      description: 'Where secrets are: `KMS`, `KMSInstance`, `OOS` or `Plugin`.',
      example: 'KMS',
    }),
    endpoint: field(z.string().max(512).exactOptional(), {
      description: 'Where the store reads: a host, or the package of a plug-in.',
      example: 'kms-vpc.cn-hangzhou.aliyuncs.com',
    }),
    identity: field(identitySchema.exactOptional(), {
      description: 'The identity that the store reads with. `arn` and `account` are from STS GetCallerIdentity.',
    }),
    clientKeyExpiration: field(z.string().max(64).exactOptional(), {
      description: 'When the client key of the store expires.',
      format: 'date-time',
    }),
  })
  .readonly()

/** See {@link secretStoreStatusSchema}. */
export type SecretStoreStatus = z.output<typeof secretStoreStatusSchema>
