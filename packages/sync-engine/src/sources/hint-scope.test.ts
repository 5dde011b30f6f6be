import { unknownAccount } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { mayConcern } from './hint-scope.ts'

const SCOPE = { account: '1234567890123456', region: 'cn-hangzhou' }

it.each([
  ['the same account and region', SCOPE.account, 'cn-hangzhou', true],
  ['another account', '6543210987654321', 'cn-hangzhou', false],
  ['another region', SCOPE.account, 'cn-beijing', false],
  ['an account that is not known yet', unknownAccount('f'), 'cn-hangzhou', true],
  ['another region of an account that is not known yet', unknownAccount('f'), 'cn-beijing', false],
  ['OOS of the same region', SCOPE.account, 'oos cn-hangzhou', true],
  ['OOS of another region', SCOPE.account, 'oos cn-beijing', false],
  ['a KMS instance, whose account is not known', 'kst-demo', 'instance', true],
  ['a plug-in', 'backend-vault unknown', 'anywhere', true],
])('a hint may concern %s: %s in %s is %s', (_what, account, region, expected) => {
  expect(mayConcern({ account, region }, SCOPE)).toBe(expected)
})

it.each([
  ['the same region', SCOPE.account, 'cn-hangzhou', true],
  ['another region', SCOPE.account, 'cn-beijing', false],
  ['another account that is not known', unknownAccount('g'), 'cn-hangzhou', true],
  ['a KMS instance', 'kst-demo', 'instance', true],
])('a hint of an account that is not known yet may concern %s', (_what, account, region, expected) => {
  expect(mayConcern({ account, region }, { ...SCOPE, account: unknownAccount('f') })).toBe(expected)
})
