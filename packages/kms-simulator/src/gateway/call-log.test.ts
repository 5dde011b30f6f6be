import { expect, it } from 'vitest'
import { CallLog } from './call-log.ts'

const call = (secret: string, result = 'OK') => ({ action: 'GetSecretValue', secret, identity: 'me', result })

it('counts equal calls together', () => {
  const log = new CallLog()
  log.record(call('a'))
  log.record(call('a'))
  log.record(call('a', 'Forbidden.NoPermission'))
  expect(log.total).toBe(3)
  expect(log.list()).toEqual([
    { ...call('a'), count: 2 },
    { ...call('a', 'Forbidden.NoPermission'), count: 1 },
  ])
  log.clear()
  expect([log.total, log.list()]).toEqual([0, []])
})

it('keeps the total exact beyond the limit of lines', () => {
  const log = new CallLog({ limit: 2 })
  for (const secret of ['a', 'b', 'c', 'd', 'a']) log.record(call(secret))
  expect(log.total).toBe(5)
  expect(log.list()).toEqual([
    { ...call('a'), count: 2 },
    { ...call('b'), count: 1 },
    { ...call('(others)'), identity: '(others)', count: 2 },
  ])
})
