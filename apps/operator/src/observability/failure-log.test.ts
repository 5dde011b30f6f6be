import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { createLogger } from './logger.ts'
import { FailureLog } from './failure-log.ts'

function start(level = 'info') {
  const clock = new ManualClock()
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line.replace(/^\S+ /, '').trimEnd()) }
  const log = createLogger({ format: 'text', level }, destination)
  const failures = new FailureLog({ log, clock, kind: { member: 'resource', many: 'ExternalSecrets' } })
  return { clock, failures, take: () => lines.splice(0) }
}

it('logs a failure when it starts, changes its reason and ends', async () => {
  const { clock, failures, take } = start()
  failures.failing('a/web', 'Stale', 'KMS does not respond', { requestIds: ['1'] })
  for (let retry = 0; retry < 5; retry += 1) failures.failing('a/web', 'Stale', 'KMS does not respond')
  await clock.advance(65_000)
  failures.failing('a/web', 'AccessDenied', 'RAM denies the read')
  failures.failing('a/web', 'Degraded', 'one of two keys was read')
  await clock.advance(60_000)
  failures.recovered('a/web')
  failures.recovered('a/web')
  expect(take()).toEqual([
    'WARN  a/web: KMS does not respond reason=Stale requestIds=["1"]',
    'WARN  a/web: RAM denies the read reason=AccessDenied',
    'INFO  a/web: Recovered was=AccessDenied after=2m5s',
  ])
})

it('logs ten resources with the same reason one by one, then their count, then the end', async () => {
  const { clock, failures, take } = start()
  const names = Array.from({ length: 250 }, (_, index) => `a/${index}`)
  for (const name of names) failures.failing(name, 'Stale', 'KMS does not respond')
  expect(take().slice(9)).toEqual([
    'WARN  a/9: KMS does not respond reason=Stale',
    'WARN  11 ExternalSecrets are failing with this reason reason=Stale count=11',
    'WARN  100 ExternalSecrets are failing with this reason reason=Stale count=100',
  ])
  await clock.advance(32_000)
  for (const name of names) failures.recovered(name)
  const lines = take()
  expect(lines).toHaveLength(11)
  expect(lines.at(-1)).toBe(
    'INFO  No ExternalSecrets are failing with this reason any more was=Stale most=250 after=32s',
  )
})

it('logs no recovery of a resource that was deleted while it failed', () => {
  const { failures, take } = start()
  failures.failing('a/web', 'Stale', 'KMS does not respond')
  failures.forget('a/web')
  failures.recovered('a/web')
  failures.failing('a/web', 'Stale', 'KMS does not respond')
  expect(take()).toHaveLength(2)
})

it('logs every attempt at debug', () => {
  const { failures, take } = start('debug')
  for (let index = 0; index < 12; index += 1) failures.failing(`a/${index}`, 'Stale', 'KMS does not respond')
  failures.failing('a/0', 'Stale', 'KMS does not respond')
  expect(take().filter((line) => line.startsWith('DEBUG'))).toHaveLength(3)
})
