import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { BudgetLog } from './budget-log.ts'

interface Logged {
  readonly log: BudgetLog
  readonly clock: ManualClock
  readonly lines: readonly string[]
}

function create(): Logged {
  const clock = new ManualClock()
  const lines: string[] = []
  const line =
    (level: string) =>
    (facts: { readonly namespace: string }): void =>
      void lines.push(`${level} ${facts.namespace}`)
  return { log: new BudgetLog({ log: { info: line('info'), warn: line('warn') } as never, clock }), clock, lines }
}

it('logs a namespace that exceeds its budget and recovers all the time once in ten minutes', async () => {
  const { log, clock, lines } = create()
  for (let second = 0; second < 601; second += 1) {
    log.onExceeded('evil')
    log.onRecovered('evil')
    await clock.advance(1_000)
  }
  log.onExceeded('other')
  expect(lines).toEqual(['warn evil', 'info evil', 'warn evil', 'info evil', 'warn other'])
})

it('logs at the end of the ten minutes a namespace that has exceeded its budget again', async () => {
  const { log, clock, lines } = create()
  log.onExceeded('evil')
  log.onRecovered('evil')
  log.onExceeded('evil')
  expect(lines).toEqual(['warn evil', 'info evil'])
  await clock.advance(599_999)
  expect(lines).toHaveLength(2)
  await clock.advance(1)
  expect(lines).toEqual(['warn evil', 'info evil', 'warn evil'])
  log.onRecovered('evil')
  expect(lines.at(-1)).toBe('info evil')
  await clock.advance(3_600_000)
  expect(lines).toHaveLength(4)
})

it('logs a namespace that stays over its budget once', async () => {
  const { log, clock, lines } = create()
  log.onExceeded('evil')
  await clock.advance(3_600_000)
  expect(lines).toEqual(['warn evil'])
  log.onRecovered('evil')
  log.onExceeded('evil')
  expect(lines).toEqual(['warn evil', 'info evil', 'warn evil'])
})

it('remembers at most 1,000 namespaces', async () => {
  const { log, clock, lines } = create()
  for (let number = 0; number < 1_001; number += 1) log.onExceeded(`evil-${number}`)
  expect(lines).toHaveLength(1_000)
  await clock.advance(600_000)
  log.onExceeded('late')
  expect(lines.at(-1)).toBe('warn late')
})

it('logs nothing after it was closed', async () => {
  const { log, clock, lines } = create()
  log.onExceeded('evil')
  log.onRecovered('evil')
  log.onExceeded('evil')
  log.close()
  await clock.advance(600_000)
  expect(lines).toEqual(['warn evil', 'info evil'])
})
