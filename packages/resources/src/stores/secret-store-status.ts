import { z } from 'zod'
import { conditions } from '../schema/condition.ts'
import { field } from '../schema/field.ts'
import { anyOf, SERVICE_NAMES } from './store-services.ts'

const identitySchema = z
  .object({
    principal: field(z.string().max(1024).exactOptional(), {
      description: 'ARN from STS, or a description of the configured identity, such as `client key KAAP.…`.',
      example: 'acs:ram::1234567890123456:role/reader',
    }),
    arn: field(z.string().max(512).exactOptional(), { description: 'ARN of the identity.' }),
    account: field(z.string().max(64).exactOptional(), { description: 'Id of its account.' }),
  })
  .readonly()

const outageSchema = z
  .object({
    endpoint: field(z.string().max(512), { description: 'Endpoint that does not respond.' }),
    since: field(z.string().max(64), { description: 'When the first request failed.', format: 'date-time' }),
    lastResponse: field(z.string().max(64).exactOptional(), {
      description: 'Last response before the outage; absent if none is known.',
      format: 'date-time',
    }),
  })
  .readonly()

/** Status of a SecretStore or ClusterSecretStore. Invalid parts count as absent, because the operator overwrites the status. */
export const secretStoreStatusSchema = z
  .object({
    conditions: conditions(),
    // A string as in the Go operator, which could not parse a list after a rollback.
    capabilities: field(z.string().max(64).exactOptional(), {
      description: '`ReadOnly` once the store is ready, `ReadWrite` with `allowPush`.',
      example: 'ReadOnly',
    }),
    provider: field(z.string().max(64).exactOptional(), {
      description: `Service that holds the secrets: ${anyOf(SERVICE_NAMES.map((name) => `\`${name}\``))}.`,
      example: 'KMS',
    }),
    endpoint: field(z.string().max(512).exactOptional(), {
      description: 'Endpoint of the store: a host, or the name of a backend package.',
      example: 'kms-vpc.cn-hangzhou.aliyuncs.com',
    }),
    identity: field(identitySchema.exactOptional(), {
      description: 'Identity with which the store reads. `arn` and `account` are from STS GetCallerIdentity.',
    }),
    clientKeyExpiration: field(z.string().max(64).exactOptional(), {
      description: 'Expiry of the client key.',
      format: 'date-time',
    }),
    outage: field(outageSchema.exactOptional(), {
      description: 'The outage that the condition `Reachable` reports.',
    }),
  })
  .readonly()

export type SecretStoreStatus = z.output<typeof secretStoreStatusSchema>
