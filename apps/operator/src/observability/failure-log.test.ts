import { ManualClock } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { createLogger } from './logger.ts'
import { TroubleLog } from './failure-log.ts'

function start(level = 'info') {
  const clock = new ManualClock()
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line.replace(/^\S+ /, '').trimEnd()) }
  const log = createLogger({ format: 'text', level }, destination)
  const troubles = new TroubleLog({ log, clock, kind: { member: 'resource', many: 'ExternalSecrets' } })
  return { clock, troubles, take: () => lines.splice(0) }
}

it('a trouble is told where it begins, where it becomes another one, and where it ends', async () => {
  const { clock, troubles, take } = start()
  troubles.failing('a/web', 'Stale', 'KMS does not answer', { requestIds: ['1'] })
  for (let again = 0; again < 5; again += 1) troubles.failing('a/web', 'Stale', 'KMS does not answer')
  await clock.advance(65_000)
  troubles.failing('a/web', 'AccessDenied', 'RAM says no')
  troubles.failing('a/web', 'Degraded', 'half of it is back')
  await clock.advance(60_000)
  troubles.well('a/web')
  troubles.well('a/web')
  expect(take()).toEqual([
    'WARN  a/web: KMS does not answer reason=Stale requestIds=["1"]',
    'WARN  a/web: RAM says no reason=AccessDenied',
    'INFO  a/web: Well again was=AccessDenied after=2m5s',
  ])
})

it('of a trouble that is everybody’s ten are told one by one, then how many they are, and when it is over', async () => {
  const { clock, troubles, take } = start()
  const names = Array.from({ length: 250 }, (_, index) => `a/${index}`)
  for (const name of names) troubles.failing(name, 'Stale', 'KMS does not answer')
  expect(take().slice(9)).toEqual([
    'WARN  a/9: KMS does not answer reason=Stale',
    'WARN  ExternalSecrets have this trouble by now; their statuses tell which reason=Stale count=11',
    'WARN  ExternalSecrets have this trouble by now; their statuses tell which reason=Stale count=100',
  ])
  await clock.advance(32_000)
  for (const name of names) troubles.well(name)
  const told = take()
  expect(told).toHaveLength(11)
  expect(told.at(-1)).toBe('INFO  No more ExternalSecrets have this trouble was=Stale most=250 after=32s')
})

it('who is gone in the middle of it is not told of again', () => {
  const { troubles, take } = start()
  troubles.failing('a/web', 'Stale', 'KMS does not answer')
  troubles.forget('a/web')
  troubles.well('a/web')
  troubles.failing('a/web', 'Stale', 'KMS does not answer')
  expect(take()).toHaveLength(2)
})

it('everything is told at debug', () => {
  const { troubles, take } = start('debug')
  for (let index = 0; index < 12; index += 1) troubles.failing(`a/${index}`, 'Stale', 'KMS does not answer')
  troubles.failing('a/0', 'Stale', 'KMS does not answer')
  expect(take().filter((line) => line.startsWith('DEBUG'))).toHaveLength(3)
})
