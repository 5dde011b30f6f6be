import { SecretSyncError } from '@ack-secret-manager/core'

export interface RoleArn {
  /** `acs:ram::ACCOUNT:role/NAME` */
  readonly arn: string
  readonly account: string
  readonly name: string
}

const ROLE_ARN = /^acs:ram::(\d{1,32}):role\/([A-Za-z0-9._-]{1,64})$/

/**
 * Parses the ARN of a RAM role. Trims white space.
 * @param field name of the option or field, for the error
 * @throws SecretSyncError `InvalidSpec`
 */
export function parseRoleArn(text: string, field = 'roleArn'): RoleArn {
  const arn = text.trim()
  const [, account, name] = ROLE_ARN.exec(arn) ?? []
  if (account === undefined || name === undefined) {
    throw new SecretSyncError(
      'InvalidSpec',
      `${field}: expected the ARN of a RAM role, acs:ram::ACCOUNT:role/NAME, got ${JSON.stringify(arn.slice(0, 120))}`,
      { facts: { field } },
    )
  }
  return { arn, account, name }
}
