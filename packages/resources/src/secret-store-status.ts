import { z } from 'zod'
import { conditions } from './condition.ts'
import { field } from './field.ts'

const identitySchema = z
  .object({
    arn: field(z.string().max(512).exactOptional(), { description: 'ARN of the identity.' }),
    account: field(z.string().max(64).exactOptional(), { description: 'Id of its account.' }),
  })
  .readonly()

/** Status of a SecretStore or ClusterSecretStore. What cannot be read counts as absent: the status is ours and will be written anew. */
export const secretStoreStatusSchema = z
  .object({
    conditions: conditions(),
    capabilities: field(z.array(z.string().max(64)).max(16).readonly().catch([]), {
      description: 'What the store can do.',
    }),
    identity: field(identitySchema.exactOptional(), {
      description: 'As whom the store reads, as STS GetCallerIdentity tells it.',
    }),
    clientKeyExpiration: field(z.string().max(64).exactOptional(), {
      description: 'When the client key of the store expires.',
      format: 'date-time',
    }),
  })
  .readonly()

/** See {@link secretStoreStatusSchema}. */
export type SecretStoreStatus = z.output<typeof secretStoreStatusSchema>
