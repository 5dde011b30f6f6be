import { describe, expect, it } from 'vitest'
import { parseRoleArn } from './role-arn.ts'
import { roleSession } from './role-session.ts'

const ARN = 'acs:ram::1234567890123456:role/kms-reader'

describe('parseRoleArn', () => {
  it('parses an ARN', () => {
    expect(parseRoleArn(` ${ARN}\n`)).toEqual({ arn: ARN, account: '1234567890123456', name: 'kms-reader' })
  })

  it.each([
    '',
    'kms-reader',
    'acs:ram::1234567890123456:user/tom',
    'acs:ram::account:role/kms-reader',
    'acs:ram::1:role/',
    'acs:ram::1:role/a b',
    'acs:ram:cn-hangzhou:1:role/a',
    `${ARN}\n${ARN}`,
    `acs:ram::1:role/${'x'.repeat(65)}`,
  ])('refuses %j', (text) =>
    expect(() => parseRoleArn(text, 'spec.KMS.KMSAuth.ramRoleARN')).toThrowError(
      expect.objectContaining({
        code: 'InvalidSpec',
        message: expect.stringMatching(/^spec\.KMS\.KMSAuth\.ramRoleARN: expected the ARN of a RAM role/),
        facts: { field: 'spec.KMS.KMSAuth.ramRoleARN' },
      }),
    ),
  )
})

describe('roleSession', () => {
  it('has defaults', () => {
    expect(roleSession({ roleArn: ARN })).toEqual({
      role: parseRoleArn(ARN),
      sessionName: 'ack-secret-manager',
      durationSeconds: 3_600,
      policy: undefined,
    })
  })

  it.each([
    [{ sessionName: 'a' }, 'sessionName'],
    [{ sessionName: 'a b' }, 'sessionName'],
    [{ sessionName: 'x'.repeat(65) }, 'sessionName'],
    [{ durationSeconds: 899 }, 'durationSeconds'],
    [{ durationSeconds: 43_201 }, 'durationSeconds'],
    [{ durationSeconds: 900.5 }, 'durationSeconds'],
    [{ durationSeconds: Number.NaN }, 'durationSeconds'],
    [{ policy: 'allow all' }, 'policy'],
    [{ policy: '[]' }, 'policy'],
    [{ policy: `{"a":"${'x'.repeat(2_048)}"}` }, 'policy'],
  ])('refuses %j', (options, field) =>
    expect(() => roleSession({ roleArn: ARN, ...options })).toThrowError(
      expect.objectContaining({
        code: 'InvalidSpec',
        message: expect.stringMatching(`^${field}: `),
        facts: { field },
      }),
    ),
  )

  it.each([900, 43_200])('takes %d seconds', (durationSeconds) =>
    expect(roleSession({ roleArn: ARN, durationSeconds })).toMatchObject({ durationSeconds }),
  )
})
