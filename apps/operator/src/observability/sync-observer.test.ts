import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { FailureLog } from './failure-log.ts'
import { FaultLog } from './fault-log.ts'
import { createLogger } from './logger.ts'
import { createMetrics } from './metrics.ts'
import { syncObserver } from './sync-observer.ts'

function start() {
  const clock = new ManualClock()
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line.replace(/^\S+ /, '').trimEnd()) }
  const log = createLogger({ format: 'text', level: 'info' }, destination)
  const observer = syncObserver({
    metrics: createMetrics('1.0.0'),
    log,
    faults: new FaultLog({ log, clock }),
    failures: new FailureLog({ log, clock, kind: { member: 'resource', many: 'ExternalSecrets' } }),
    onSynced: () => undefined,
    onRemoved: () => undefined,
  })
  return { observer, lines }
}

it('logs no failure for work that is cancelled, as when the leadership ends', () => {
  const { observer, lines } = start()
  observer.failed?.('shop/web', new SecretSyncError('Cancelled', 'leadership ended'), 100)
  observer.failed?.('shop/db', new SecretSyncError('Timeout', 'status of shop/db: no response within 5000 ms'), 100)
  expect(lines).toEqual(['WARN  shop/db: status of shop/db: no response within 5000 ms reason=Timeout retryIn=100ms'])
})
