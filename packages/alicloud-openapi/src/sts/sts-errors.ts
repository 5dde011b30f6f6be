import { defined } from '@ack-secret-manager/core'
import type { ErrorTable, RemoteFailure, ErrorClassification } from '../error-classification.ts'

const unauthenticated = (hint: string, field?: string): ErrorClassification => ({
  code: 'Unauthenticated',
  hint,
  ...defined({ field }),
})

/**
 * Error codes of STS for callers that need a credential. Without a credential all of them are `Unauthenticated`.
 * Alibaba Cloud STS API reference, AssumeRole, "Error codes".
 */
export const STS_ERRORS: ErrorTable = {
  NoPermission: unauthenticated(
    'not allowed: the policy of the calling identity must allow sts:AssumeRole on the role, and the trust policy of ' +
      'the role must name that identity (and its external id, if the role requires one)',
  ),
  'EntityNotExist.Role': unauthenticated('there is no such role: check account and name', 'roleArn'),
  'InvalidParameter.RoleArn': unauthenticated('STS rejects the ARN as malformed', 'roleArn'),
  'InvalidParameter.RoleSessionName': unauthenticated('STS rejects the session name as malformed', 'sessionName'),
  'InvalidParameter.DurationSeconds': tooLong,
  'InvalidParameter.PolicyGrammar': unauthenticated('STS rejects the session policy as malformed', 'policy'),
  'InvalidParameter.PolicySize': unauthenticated('STS rejects the session policy as too long', 'policy'),
  'InvalidParameter.ExternalId': unauthenticated('STS rejects the external id as malformed', 'externalId'),
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }

/** STS reports the limits as `The Min/Max value of DurationSeconds is 15min/1hr.` */
function tooLong({ message }: RemoteFailure): ErrorClassification {
  const [, amount, unit = ''] = /15min\/(\d{1,5}) ?(s|m|h)[a-z]*/.exec(message.expose()) ?? []
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? Number.NaN)
  const most = Number.isFinite(seconds) ? `the role allows at most ${seconds} s` : "it is above the role's maximum"
  return unauthenticated(
    `durationSeconds: ${most}; reduce it, or raise the maximum session duration of the role`,
    'durationSeconds',
  )
}
