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
    // One text, as the Go operator has it: it could not read its stores again if it were a list.
    capabilities: field(z.string().max(64).exactOptional(), {
      description: 'What can be done with the store: `ReadOnly`, once it is ready.',
      example: 'ReadOnly',
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
