import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import { OutcomeReporter } from './outcome-reporter.ts'
import { statusFor } from '../report/status.ts'
import { newState } from './resource-state.ts'
import type { SyncOutcome } from '../report/sync-outcome.ts'
import { resourceOf, specOf } from '../testing/fixtures.ts'

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

const queue = { hasPressingWork: false, beginReport: () => true, add: () => undefined }

it.each<[string, SyncOutcome, SyncOutcome]>([
  ['failure', well, denied],
  ['recovery', denied, well],
])('does not report a %s that was never in the status and is over', async (_what, before, passing) => {
  const events: string[] = []
  let isAway = true
  const reporter = new OutcomeReporter({
    clock: new ManualClock(),
    queue,
    onOverwritten: () => undefined,
    reporter: {
      writeStatus: () => (isAway ? Promise.reject(new SecretSyncError('Unavailable', 'away')) : Promise.resolve()),
      recordEvent: (_resource, { reason }) => events.push(reason),
    },
  })
  const resource = resourceOf(SPEC, { status: statusFor(before, 1, undefined, 0) })
  const state = newState(resource)
  const { signal } = new AbortController()
  await expect(reporter.report(state, resource, passing, signal)).rejects.toThrow('away')
  isAway = false
  await reporter.report(state, resource, before, signal)
  expect(events).toEqual([])
})

it('writes the status of a Degraded resource again if the response to a status with only another version was lost', async () => {
  const written: ExternalSecretStatus[] = []
  let isResponding = false
  const reporter = new OutcomeReporter({
    clock: new ManualClock(),
    queue,
    onOverwritten: () => undefined,
    reporter: {
      writeStatus: (_resource, status) => {
        written.push(status)
        return isResponding ? Promise.resolve('2') : Promise.reject(new SecretSyncError('Unavailable', 'reset'))
      },
      recordEvent: () => undefined,
    },
  })
  const degraded = (versionId: string): SyncOutcome => ({
    ...well,
    sources: well.sources.map((source) => ({ ...source, versionId })),
    failures: [
      {
        field: 'spec.data[1]',
        secret: 'app/gone',
        error: new SecretSyncError('NotFound', 'gone'),
        keys: ['other'],
        stale: false,
      },
    ],
  })
  const resource = resourceOf(SPEC, { status: statusFor(degraded('v1'), 1, undefined, 0) })
  const state = newState(resource)
  const { signal } = new AbortController()
  await expect(reporter.report(state, resource, degraded('v2'), signal)).rejects.toThrow('reset')
  isResponding = true
  await reporter.report(state, resource, degraded('v1'), signal)
  expect(written.map(({ secrets }) => secrets?.[0]?.versionId)).toEqual(['v2', 'v1'])
})

const former = (): ReturnType<typeof newState> => newState(resourceOf(SPEC, { uid: 'uid-former' }))
const recreated = resourceOf(SPEC, { uid: 'uid-new' })

/** A reporter that records statuses and events; `writeStatus` returns the result of `respond`. */
function recordingReporter(respond: () => Promise<string | undefined> = () => Promise.resolve('2')) {
  const events: string[] = []
  const written: string[] = []
  const reporter = new OutcomeReporter({
    clock: new ManualClock(),
    queue,
    onOverwritten: () => undefined,
    reporter: {
      writeStatus: (resource) => {
        written.push(resource.uid)
        return respond()
      },
      recordEvent: ({ uid }, { reason }) => events.push(`${uid} ${reason}`),
    },
  })
  return { reporter, events, written }
}

describe('a resource that was deleted and created again under its name', () => {
  const { signal } = new AbortController()

  it('gets no event for a status that was sent for the former one', async () => {
    const { reporter, events } = recordingReporter(() => Promise.reject(new SecretSyncError('Unavailable', 'reset')))
    const state = former()
    await expect(reporter.report(state, state.resource, well, signal)).rejects.toThrow('reset')
    state.resource = { ...recreated, status: statusFor(well, 1, undefined, 0) }
    await reporter.report(state, state.resource, well, signal)
    expect(events).toEqual([])
  })

  it('does not get the status that was written for the former one', async () => {
    const { promise: version, resolve: proceed } = Promise.withResolvers<string>()
    const { reporter, written } = recordingReporter(() => version)
    const state = former()
    const reporting = reporter.report(state, state.resource, well, signal)
    state.resource = recreated
    proceed('2')
    await reporting
    expect([written, state.resource]).toEqual([['uid-former'], recreated])
  })

  it('replaces the former one, whatever their versions are', () => {
    const { reporter } = recordingReporter()
    const state = former()
    state.resource = { ...state.resource, status: statusFor(well, 1, undefined, 0), version: '9' }
    reporter.observe('default/web', state, recreated)
    expect(state.resource).toBe(recreated)
  })
})

it('does not report an earlier success after the failure that followed it', async () => {
  const reasons: (string | undefined)[] = []
  const reporter = new OutcomeReporter({
    clock: new ManualClock(),
    queue,
    onOverwritten: () => undefined,
    reporter: {
      writeStatus: async (_resource, { conditions }) => void reasons.push(conditions[0]?.reason),
      recordEvent: () => undefined,
    },
  })
  const resource = resourceOf(SPEC)
  const { signal } = new AbortController()
  const signals = { signal, stopping: signal }
  const report = { resource, outcome: well, handledRefresh: undefined, durationMs: 1, sinceMs: 0, isOneOfMany: false }
  const state = { ...newState(resource), failures: 2, report }
  await reporter.reportFailure('default/web', state, new SecretSyncError('WriteFailed', 'denied'), signals)
  await reporter.reportPending('default/web', state, signals)
  expect(reasons).toEqual(['WriteFailed'])
})
