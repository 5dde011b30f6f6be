import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { BudgetLog } from './budget-log.ts'

it('logs a namespace that exceeds its budget and recovers all the time once in ten minutes', async () => {
  const clock = new ManualClock()
  const lines: string[] = []
  const line =
    (level: string) =>
    (facts: { readonly namespace: string }): void =>
      void lines.push(`${level} ${facts.namespace}`)
  const log = new BudgetLog({ log: { info: line('info'), warn: line('warn') } as never, clock })
  for (let second = 0; second < 601; second += 1) {
    log.onExceeded('evil')
    log.onRecovered('evil')
    await clock.advance(1_000)
  }
  log.onExceeded('other')
  expect(lines).toEqual(['warn evil', 'info evil', 'warn evil', 'info evil', 'warn other'])
})
