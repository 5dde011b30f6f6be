import { type ErrorCode, SecretSyncError } from '@ack-secret-manager/core'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import type { EntryFailure } from '../model/desired-secret.ts'
import { readinessOf, requestIdsOf } from './ready-condition.ts'
import { statusFor } from './status.ts'
import { eventOf } from './event.ts'
import type { SyncOutcome } from './sync-outcome.ts'

const T0 = Date.UTC(2026, 0, 1)
const T1 = T0 + 60_000
type Synced = Extract<SyncOutcome, { kind: 'synced' }>

const synced = (more: Partial<Synced> = {}): Synced => ({
  kind: 'synced',
  action: 'create',
  adopted: false,
  corrected: false,
  removed: [],
  sources: [{ secret: 'app/db', versionStage: 'ACSCurrent', versionId: 'v1', type: 'Generic', rotation: undefined }],
  failures: [],
  target: { name: 'web', uid: 'u', keys: new Map([['password', 'app/db']]), drifted: [] },
  ...more,
})
const failed = (code: ErrorCode, more: Partial<EntryFailure> = {}): EntryFailure => ({
  field: 'spec.data[0]',
  secret: 'app/db',
  error: new SecretSyncError(code, `why ${code}`),
  keys: ['password'],
  stale: false,
  ...more,
})
const none = { name: 'web', uid: undefined, keys: new Map<string, string>(), drifted: [] }
const refused = (code: ErrorCode): SyncOutcome => ({
  kind: 'refused',
  error: new SecretSyncError(code, 'x'),
  secrets: ['app/db', 'app/token'],
  target: none,
})
const statusAfter = (outcome: SyncOutcome, old?: ExternalSecretStatus): ExternalSecretStatus => {
  const status = statusFor(outcome, 1, old, T0)
  if (!status) throw new Error('expected a status')
  return status
}

describe('readinessOf', () => {
  it.each<[string, SyncOutcome, string, boolean?]>([
    ['all keys read', synced(), 'Synced', true],
    ['one of several sources fails', synced({ failures: [failed('NotFound')] }), 'Degraded'],
    ['all fail for one reason', synced({ sources: [], failures: [failed('NotFound')] }), 'SecretNotFound'],
    [
      'all fail for different reasons',
      synced({ sources: [], failures: [failed('NotFound'), failed('AccessDenied', { secret: 'b' })] }),
      'Degraded',
    ],
    ['a short outage', synced({ action: 'none', sources: [], failures: [failed('Timeout')] }), 'Synced', true],
    ['a long outage', synced({ action: 'none', sources: [], failures: [failed('Timeout', { stale: true })] }), 'Stale'],
    [
      'an outage before the first value',
      synced({ action: 'wait', sources: [], failures: [failed('Throttled')], target: none }),
      'Unavailable',
    ],
    [
      'an outage of a secret without a key in the target',
      synced({ failures: [failed('Timeout', { secret: 'app/doc', keys: undefined, stale: true })] }),
      'Degraded',
    ],
    [
      'a long outage of a secret without a key in the target',
      synced({ sources: [], failures: [failed('Timeout', { secret: 'app/doc', keys: undefined, stale: true })] }),
      'Unavailable',
    ],
    [
      'a long absence',
      synced({ action: 'none', sources: [], failures: [failed('NotFound', { stale: true })] }),
      'SecretNotFound',
    ],
    [
      'one secret is absent during a short outage of another',
      synced({ action: 'none', sources: [], failures: [failed('NotFound', { secret: 'app/b' }), failed('Timeout')] }),
      'Degraded',
    ],
    [
      'an outage of a key that has drifted',
      synced({
        action: 'none',
        sources: [],
        failures: [failed('Timeout')],
        target: { name: 'web', uid: 'u', keys: new Map([['password', 'app/db']]), drifted: ['password'] },
      }),
      'Unavailable',
    ],
    [
      'an outage of a key that came from another secret',
      synced({ action: 'none', sources: [], failures: [failed('Timeout', { secret: 'app/new' })] }),
      'Unavailable',
    ],
    ['a new key during an outage', synced({ failures: [failed('Timeout', { keys: ['new'] })] }), 'Degraded'],
    [
      'a refused credential is never tolerated',
      synced({ sources: [], failures: [failed('Unauthenticated')] }),
      'AuthenticationFailed',
    ],
    ['a refused target', refused('TargetConflict'), 'TargetConflict'],
    ['suspended', { kind: 'suspended' }, 'Suspended'],
  ])('%s', (_case, outcome, reason, ready = false) => {
    expect(readinessOf(outcome)).toMatchObject({ ready, reason })
  })

  it.each([
    [['a', 'b', 'c'], 'keys a, b, c are no longer'],
    [['a', 'b', 'c', 'd', 'e'], 'keys a, b, c and 2 more are no longer'],
  ])('names at most three of the remaining keys %s', (leftOver, text) => {
    expect(readinessOf(synced({ failures: [failed('NotFound')], leftOver })).message).toContain(text)
  })

  it('truncates the list of failures, and keeps the consequence', () => {
    const error = new SecretSyncError('NotFound', 'x'.repeat(2_000))
    const { message } = readinessOf(synced({ failures: [failed('NotFound', { error })] }))
    expect(message).toMatch(/x… \(last values kept\)$/)
    expect(message).toHaveLength(1_024)
  })

  it('names each request id once', () => {
    const failure = (code: ErrorCode, requestId: string): EntryFailure =>
      failed(code, { error: new SecretSyncError(code, code, { facts: { requestId } }) })
    const failures = [failure('NotFound', 'r1'), failure('AccessDenied', 'r2'), failure('InvalidSpec', 'r1')]
    expect(requestIdsOf(synced({ failures }))).toEqual(['r1', 'r2'])
  })
})

describe('report', () => {
  it('has the fields that scripts for the Go operator read', () => {
    expect(statusAfter(synced()).dataSyncResults).toEqual([
      { status: 'Succeeded', synchronizationTime: '2026-01-01T00:00:00Z' },
    ])
    expect(
      statusAfter(synced({ failures: [failed('NotFound'), failed('NotFound', { keys: ['other'] })] })).dataSyncResults,
    ).toMatchObject([{ ExternalSecretKey: 'app/db', status: 'Failed', reason: 'SecretNotFound: why NotFound' }])
  })

  it('has one entry without a key if the spec names no secret', () => {
    const error = new SecretSyncError('InvalidSpec', 'x')
    const unreadable: SyncOutcome = { kind: 'refused', error, secrets: [], target: none }
    expect(statusAfter(unreadable).dataSyncResults).toEqual([
      { status: 'Failed', reason: 'x', synchronizationTime: '2026-01-01T00:00:00Z' },
    ])
  })

  it('treats empty texts of an earlier status as absent', () => {
    const before = statusAfter(synced())
    const result = {
      ExternalSecretKey: '',
      status: 'Succeeded',
      reason: '',
      synchronizationTime: '2025-01-01T00:00:00Z',
    }
    expect(statusFor(synced({ action: 'none' }), 1, { ...before, dataSyncResults: [result] }, T1)).toMatchObject({
      dataSyncResults: [{ status: 'Succeeded', synchronizationTime: '2025-01-01T00:00:00Z' }],
    })
  })

  it('names every secret if the target is refused', () => {
    expect(statusAfter(refused('TooLarge')).dataSyncResults).toMatchObject([
      { ExternalSecretKey: 'app/db', status: 'Failed', reason: 'x' },
      { ExternalSecretKey: 'app/token', status: 'Failed', reason: 'x' },
    ])
  })

  it.each<[string, SyncOutcome, SyncOutcome]>([
    ['nothing changed', synced(), synced({ action: 'none' })],
    [
      'the same failure again',
      synced({ failures: [failed('NotFound')] }),
      synced({ action: 'none', failures: [failed('NotFound')] }),
    ],
    ['a short outage', synced(), synced({ action: 'none', sources: [], failures: [failed('Unavailable')] })],
  ])('writes nothing when %s', (_case, first, second) => {
    expect(statusFor(second, 1, statusAfter(first), T1)).toBeUndefined()
  })

  it('keeps the time of the last transition, and has the time of the last change', () => {
    const before = statusAfter(synced())
    const next = synced({ action: 'patch', sources: [{ ...synced().sources[0]!, versionId: 'v2' }] })
    expect(statusFor(next, 1, before, T1)).toMatchObject({
      conditions: [{ status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      dataSyncResults: [{ synchronizationTime: '2026-01-01T00:01:00Z' }],
      secrets: [{ key: 'app/db', versionId: 'v2' }],
    })
  })

  it.each<[string, SyncOutcome, SyncOutcome, string]>([
    ['a write', synced(), synced({ action: 'patch' }), '2026-01-01T00:01:00Z'],
    ['a failure', synced(), synced({ action: 'none', failures: [failed('NotFound')] }), '2026-01-01T00:00:00Z'],
    [
      'a recovery that wrote nothing',
      synced({ failures: [failed('NotFound')] }),
      synced({ action: 'none' }),
      '2026-01-01T00:00:00Z',
    ],
    ['a suspension', synced(), { kind: 'suspended' }, '2026-01-01T00:00:00Z'],
  ])('has the time of the last write of the Secret after %s', (_case, first, second, lastChangeTime) => {
    expect(statusFor(second, 1, statusAfter(first), T1)?.target).toMatchObject({ lastChangeTime })
  })

  it('has no write time for a Secret that another Secret has replaced', () => {
    const other = synced({ action: 'none', target: { ...synced().target, uid: 'u2' } })
    expect(statusFor(other, 1, statusAfter(synced()), T1)?.target).toEqual({ name: 'web', uid: 'u2', keyCount: 1 })
  })

  it('keeps the source of a value while the source fails', () => {
    const after = statusFor(
      synced({ action: 'none', sources: [], failures: [failed('NotFound')] }),
      1,
      statusAfter(synced()),
      T1,
    )
    expect(after).toMatchObject({ secrets: [{ key: 'app/db', versionId: 'v1' }], target: { keyCount: 1 } })
  })

  it('detects a changed spec', () => {
    expect(statusFor(synced({ action: 'none' }), 2, statusAfter(synced()), T1)).toMatchObject({ observedGeneration: 2 })
  })
})

describe('eventOf', () => {
  const before = statusAfter(synced())
  const failing = synced({ action: 'none', failures: [failed('NotFound')] })
  it.each<[string, SyncOutcome, ExternalSecretStatus | undefined, string | undefined]>([
    ['a written value', synced({ action: 'patch' }), before, 'Synced'],
    ['nothing written', synced({ action: 'none' }), before, undefined],
    ['a recovery that wrote nothing', synced({ action: 'none' }), statusAfter(failing), 'Synced'],
    ['a restored Secret', synced({ action: 'patch', corrected: true }), before, 'DriftCorrected'],
    ['an adopted Secret', synced({ action: 'patch', adopted: true }), undefined, 'Adopted'],
    ['a new failure', failing, before, 'Degraded'],
    ['a refusal', synced({ action: 'wait', sources: [], failures: [failed('AccessDenied')] }), before, 'AccessDenied'],
    ['the same failure again', failing, statusAfter(failing), undefined],
    ['a conflict', refused('TargetConflict'), before, 'TargetConflict'],
  ])('%s', (_case, outcome, old, reason) => {
    expect(eventOf(outcome, old)?.reason).toBe(reason)
  })

  it.each<[string, SyncOutcome, ExternalSecretStatus | undefined, string | undefined]>([
    ['the Secret of a new resource was created', synced(), undefined, undefined],
    ['it was created after a failure', synced(), statusAfter(failing), 'Synced'],
    ['it was created again', synced({ action: 'replace' }), before, 'Synced'],
    ['it was created with a failed source', synced({ failures: [failed('NotFound')] }), undefined, 'Degraded'],
    ['it was adopted', synced({ action: 'patch', adopted: true }), undefined, 'Adopted'],
    ['a value was written', synced({ action: 'patch' }), before, 'Synced'],
  ])('of one of many resources: %s', (_case, outcome, old, reason) => {
    expect(eventOf(outcome, old, true)?.reason).toBe(reason)
  })

  it('has the message of the Ready condition for a failure', () => {
    expect(eventOf(failing, before)).toEqual({
      type: 'Warning',
      reason: 'Degraded',
      message: readinessOf(failing).message,
    })
  })

  it('quotes names that could end a message or begin another one', () => {
    const secret = 'db: Synced; other\nERROR \u001b[2J'
    const failures = [failed('NotFound', { secret })]
    const quoted = '"db: Synced; other\\nERROR \\u001b[2J"'
    expect(readinessOf(synced({ failures })).message).toContain(quoted)
    expect(eventOf(synced({ failures }), undefined)?.message).toContain(quoted)
    const sources = [{ ...synced().sources[0], secret, versionId: 'v1\nv2' } as Synced['sources'][number]]
    expect(eventOf(synced({ sources }), undefined)?.message).toBe(`Secret web: ${quoted} version "v1\\nv2"`)
  })

  it('names the version that was written', () => {
    expect(eventOf(synced(), undefined)?.message).toContain('app/db version v1')
  })

  it.each<[string, Partial<Synced>, RegExp]>([
    ['with the version', { action: 'patch' }, /^Secret web \(keys removed: k0, k1\): app\/db version v1$/],
    ['with a restored one', { action: 'patch', corrected: true }, /^Secret web \(keys removed: k0, k1\) was modified/],
  ])('names the removed keys, %s', (_rule, more, message) => {
    expect(eventOf(synced({ ...more, removed: ['k0', 'k1'] }), before)?.message).toMatch(message)
  })

  it('counts keys beyond the limit of the message', () => {
    const removed = Array.from({ length: 12 }, (_, index) => `k${index}`)
    expect(eventOf(synced({ removed }), before)?.message).toContain('k8, k9 and 2 more): ')
  })
})
