import { SecretSyncError } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { logRenewal } from './hint-target.ts'

const error = new SecretSyncError('Unavailable', 'the host is away')
const usableUntilMs = Date.UTC(2026, 0, 2)

it('logs the start and end of failing renewals, and no other fetch of a certificate', () => {
  const lines: unknown[] = []
  const log = { info: (text: string) => void lines.push(text), warn: (...line: unknown[]) => void lines.push(line) }
  logRenewal(log as never, { failures: 0 })
  logRenewal(log as never, { error, failures: 0 })
  expect(lines).toEqual([])
  for (const failures of [0, 1, 2]) logRenewal(log as never, { error, usableUntilMs, failures })
  logRenewal(log as never, { failures: 3 })
  expect(lines).toEqual([
    [
      { code: 'Unavailable', until: '2026-01-02T00:00:00.000Z' },
      'Renewing the certificate of EventBridge fails; the last one is used: the host is away',
    ],
    'The certificate of EventBridge is renewed',
  ])
})
