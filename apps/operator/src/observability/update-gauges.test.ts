import { unknownAccount } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { lowestRates } from './update-gauges.ts'

it('merges unidentified accounts of a region into one series with the lowest rate', () => {
  const rates = [
    { account: unknownAccount('one'), region: 'cn-hangzhou', perSecond: 400 },
    { account: '1234567890123456', region: 'cn-hangzhou', perSecond: 200 },
    { account: unknownAccount('two'), region: 'cn-hangzhou', perSecond: 50 },
    { account: unknownAccount('two'), region: 'cn-beijing', perSecond: 300 },
  ]
  expect([...lowestRates(rates)]).toEqual([
    [{ account: 'unknown', region: 'cn-hangzhou' }, 50],
    [{ account: '1234567890123456', region: 'cn-hangzhou' }, 200],
    [{ account: 'unknown', region: 'cn-beijing' }, 300],
  ])
})
