import type { ErrorTable, RemoteFailure, ErrorClassification } from '../error-classification.ts'

const refused = (hint: string, field?: string): ErrorClassification => ({
  code: 'Unauthenticated',
  hint,
  ...(field === undefined ? {} : { field }),
})

/**
 * What STS's own codes mean to whoever wants a credential: it was not given, so all are `Unauthenticated`.
 * Alibaba Cloud STS API reference, AssumeRole, "Error codes".
 */
export const STS_ERRORS: ErrorTable = {
  NoPermission: refused(
    'not allowed: the policy of the identity that asks has to allow sts:AssumeRole on the role, and the trust policy of ' +
      'the role has to name that identity (and its external id, if it demands one)',
  ),
  'EntityNotExist.Role': refused('there is no such role: check account and name', 'roleArn'),
  'InvalidParameter.RoleArn': refused('STS takes the ARN for malformed', 'roleArn'),
  'InvalidParameter.RoleSessionName': refused('STS takes the session name for malformed', 'sessionName'),
  'InvalidParameter.DurationSeconds': tooLong,
  'InvalidParameter.PolicyGrammar': refused('STS takes the session policy for malformed', 'policy'),
  'InvalidParameter.PolicySize': refused('STS takes the session policy for too long', 'policy'),
  'InvalidParameter.ExternalId': refused('STS takes the external id for malformed', 'externalId'),
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }

/** STS words the limits as `The Min/Max value of DurationSeconds is 15min/1hr.` */
function tooLong({ message }: RemoteFailure): ErrorClassification {
  const [, amount, unit = ''] = /15min\/(\d{1,5}) ?(s|m|h)[a-z]*/.exec(message.expose()) ?? []
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? Number.NaN)
  const most = Number.isFinite(seconds) ? `the role allows at most ${seconds} s` : "it is above the role's maximum"
  return refused(
    `durationSeconds: ${most}; ask for less, or raise the maximum session duration of the role`,
    'durationSeconds',
  )
}
