import { expect, it } from 'vitest'
import { allows, type AllowStatement } from './policy.ts'

const DB = { arn: 'acs:kms:cn-hangzhou:1:secret/app/db', name: 'app/db' }
const ACCOUNT = { arn: 'acs:kms:cn-hangzhou:1:secret', name: '' }
const get = (...resources: string[]): AllowStatement[] => [{ actions: ['kms:GetSecretValue'], resources }]

it.each([
  ['nothing is allowed without statements', [], 'kms:GetSecretValue', DB, false],
  ['a star allows every secret', get('*'), 'kms:GetSecretValue', DB, true],
  ['another action is not allowed', get('*'), 'kms:DeleteSecret', DB, false],
  ['the case of an action does not matter', get('*'), 'KMS:getsecretvalue', DB, true],
  ['an action can be a pattern', [{ actions: ['kms:Get*'], resources: ['*'] }], 'kms:GetSecretValue', DB, true],
  ['a bare name is matched against the name', get('app/*'), 'kms:GetSecretValue', DB, true],
  ['a bare name is not matched against a part of the name', get('db'), 'kms:GetSecretValue', DB, false],
  ['an ARN is matched against the ARN', get('acs:kms:*:1:secret/app/*'), 'kms:GetSecretValue', DB, true],
  ['an ARN of another account does not match', get('acs:kms:*:2:secret/*'), 'kms:GetSecretValue', DB, false],
  ['an ARN of another region does not match', get('acs:kms:cn-beijing:1:secret/*'), 'kms:GetSecretValue', DB, false],
  ['a name does not allow actions on the account', get('app/*'), 'kms:GetSecretValue', ACCOUNT, false],
  ['a star allows actions on the account', get('*'), 'kms:GetSecretValue', ACCOUNT, true],
  [
    'action and resource must be in one statement',
    [...get('other'), { actions: ['kms:DeleteSecret'], resources: ['*'] }],
    'kms:GetSecretValue',
    DB,
    false,
  ],
])('%s', (_rule, statements, action, resource, expected) => {
  expect(allows(statements, action, resource)).toBe(expected)
})
