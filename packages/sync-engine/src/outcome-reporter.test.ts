import { ManualClock, SecretSyncError } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { OutcomeReporter } from './outcome-reporter.ts'
import { report } from './report.ts'
import { newEntry } from './resource-entry.ts'
import type { SyncOutcome } from './sync-outcome.ts'
import { resourceOf, specOf } from './testing/fixtures.ts'

const SPEC = specOf({ data: [{ key: 'app/db', name: 'password' }] })
const target = { name: 'web', uid: 'u1', keys: new Map([['password', 'app/db']]), drifted: [], restartDue: undefined }
const settled = { kind: 'synced', action: 'none', adopted: false, corrected: false, removed: [], target } as const
const well: SyncOutcome = {
  ...settled,
  sources: [{ secret: 'app/db', versionStage: 'ACSCurrent', versionId: 'v1', type: 'Generic', rotation: undefined }],
  failures: [],
}
const denied: SyncOutcome = {
  kind: 'refused',
  error: new SecretSyncError('AccessDenied', 'denied'),
  secrets: ['app/db'],
  target,
}

it.each<[string, SyncOutcome, SyncOutcome]>([
  ['failure', well, denied],
  ['recovery', denied, well],
])('tells no %s that was never in the status and is over', async (_what, before, passing) => {
  const events: string[] = []
  let isAway = true
  const reporter = new OutcomeReporter({
    clock: new ManualClock(),
    reporter: {
      writeStatus: () => (isAway ? Promise.reject(new SecretSyncError('Unavailable', 'away')) : Promise.resolve()),
      recordEvent: (_resource, { reason }) => events.push(reason),
    },
  })
  const resource = resourceOf(SPEC, { status: report(before, 1, undefined, 0) })
  const entry = newEntry(resource)
  const { signal } = new AbortController()
  await expect(reporter.report(entry, resource, passing, signal)).rejects.toThrow('away')
  isAway = false
  await reporter.report(entry, resource, before, signal)
  expect(events).toEqual([])
})
