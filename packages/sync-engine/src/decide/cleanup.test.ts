import { type ErrorCode, type ObservedSecret, SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { type ContentOrigin, originAfter, sourceExistenceOf } from './cleanup.ts'
import { compile, type ResolveStore } from '../plan/compile.ts'
import { decide } from './decide.ts'
import type { EntryFailure, TargetPolicy } from '../model/desired-secret.ts'
import type { SourceKey, SourceReading } from '../model/source-reading.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'
import {
  connectionOf,
  desiredOf,
  mapBackend,
  observedOf,
  POLICY,
  recordOf,
  specOf,
  valueOf,
} from '../testing/fixtures.ts'

const backend = mapBackend(new Map())

/** The plan of a spec; secrets below `missing/` have no store, those below `elsewhere/` another endpoint. */
function planOf(
  ...data: readonly (string | { readonly key: string; readonly optional: boolean })[]
): Promise<SyncPlan> {
  const resolveStore: ResolveStore = ({ secret = '' }) =>
    secret.startsWith('missing/')
      ? { kind: 'error', error: new SecretSyncError('StoreNotFound', 'no such store') }
      : { kind: 'ready', connection: connectionOf(backend, secret.startsWith('elsewhere/') ? 'other|me' : 'kms|me') }
  const entries = data.map((entry, index) => ({
    ...(typeof entry === 'string' ? { key: entry } : entry),
    name: `k${index}`,
  }))
  return compile(specOf({ data: entries }), 'default', resolveStore, { intervalMs: 1_000, disablePolling: false })
}

const failing = (code: ErrorCode): SourceReading => ({
  kind: 'error',
  error: new SecretSyncError(code, 'no'),
  ageMs: 1_000,
  stale: false,
})
const absentFor = (absentMs: number): SourceReading => ({ ...failing('NotFound'), absentMs }) as SourceReading
const LONG = absentFor(60_000)
const OUTAGES_AND_REFUSALS = [
  'AccessDenied',
  'Unauthenticated',
  'Throttled',
  'Unavailable',
  'Timeout',
  'InvalidResponse',
] as const
const VALUE: SourceReading = { kind: 'value', value: valueOf('x') }

const readingsOf = (plan: SyncPlan, readings: readonly SourceReading[]): ReadonlyMap<SourceKey, SourceReading> =>
  new Map(plan.reads.map(({ key }, index) => [key, readings[index] ?? VALUE]))
const originOf = (plan: SyncPlan, uid: string = 'u'): ContentOrigin => ({
  uid,
  reads: new Set(plan.reads.map(({ key }) => key)),
})

const one = await planOf('a')
const two = await planOf('a', 'b')
const another = await planOf('b')
const elsewhere = await planOf('elsewhere/a')
const withoutStore = await planOf('a', 'missing/b')

describe('whether the secrets of a target still exist', () => {
  type Row = [string, SyncPlan, readonly SourceReading[], ContentOrigin | undefined, string]
  it.each<Row>([
    ['deleted, if all secrets that were read before are absent', two, [LONG, LONG], originOf(two), 'deleted'],
    ['unconfirmed, if one was only just deleted', two, [LONG, absentFor(0)], originOf(two), 'unconfirmed'],
    ['unconfirmed, if the first one was only just deleted', two, [absentFor(0), LONG], originOf(two), 'unconfirmed'],
    ['unconfirmed, before ten seconds have passed', one, [absentFor(9_999)], originOf(one), 'unconfirmed'],
    ['deleted, after ten seconds', one, [absentFor(10_000)], originOf(one), 'deleted'],
    ['present, if one returns a value', two, [LONG, VALUE], originOf(two), 'present'],
    ...OUTAGES_AND_REFUSALS.map<Row>((code) => [
      `one, as far as anybody knows, on ${code}`,
      two,
      [LONG, failing(code)],
      originOf(two),
      'present',
    ]),
    [
      'present, if one can be restored, or only a version is missing',
      one,
      [failing('NotFound')],
      originOf(one),
      'present',
    ],
    ['present, if the store of one is missing', withoutStore, [LONG], originOf(one), 'present'],
    ['unknown, if this process has read nothing', one, [LONG], undefined, 'absent'],
    ['unknown, if the spec now names another secret', another, [LONG], originOf(one), 'absent'],
    [
      'unknown, if the secrets are now read elsewhere',
      elsewhere,
      [LONG],
      { uid: 'u', reads: new Set([elsewhere.reads[0]?.key.replace('other|me', 'kms|me') as SourceKey]) },
      'absent',
    ],
    ['deleted, if an optional one never existed', two, [LONG, LONG], originOf(one), 'deleted'],
    ['unknown, if nothing was ever read', one, [LONG], { uid: 'u', reads: new Set() }, 'absent'],
  ])('%s', (_rule, plan, readings, origin, kind) => {
    expect(sourceExistenceOf(plan, readingsOf(plan, readings), origin).kind).toBe(kind)
  })
})

describe('the sources of the content of a target', () => {
  type Outcome = Parameters<typeof originAfter>[3]
  const failure = { secret: 'b' } as EntryFailure
  const outcome = (uid: string | undefined, failures: readonly EntryFailure[]): Outcome => ({
    failures,
    target: { uid },
  })
  it.each<[string, ContentOrigin | undefined, SyncPlan, readonly SourceReading[], Outcome, number | undefined]>([
    ['all sources after a complete sync', undefined, two, [VALUE, VALUE], outcome('u', []), 2],
    [
      'only sources with a value, because an optional one may be absent',
      undefined,
      two,
      [VALUE, LONG],
      outcome('u', []),
      1,
    ],
    ['none without a target', originOf(two), two, [VALUE, VALUE], outcome(undefined, [failure]), undefined],
    ['those of kept keys and those that were read', originOf(one), two, [VALUE, LONG], outcome('u', [failure]), 1],
    ['those of kept keys if nothing could be read', originOf(two), two, [LONG, LONG], outcome('u', [failure]), 2],
    ['unknown if the first sync failed', undefined, two, [VALUE, LONG], outcome('u', [failure]), undefined],
    [
      'unknown if carried keys are no longer in the spec',
      originOf(two),
      one,
      [LONG],
      outcome('u', [failure]),
      undefined,
    ],
    ['unknown if it is another object', originOf(two, 'before'), two, [LONG], outcome('u', [failure]), undefined],
  ])('%s', (_rule, before, plan, readings, synced, size) => {
    expect(originAfter(before, plan, readingsOf(plan, readings), synced)?.reads.size).toBe(size)
  })
})

describe('a target whose secrets were deleted', () => {
  const ab = { a: '1', b: '2' }
  const gone = desiredOf(
    {},
    {
      failures: ['app/db'].map((secret) => ({
        field: 'spec.data[0]',
        secret,
        error: new SecretSyncError('NotFound', 'no'),
        keys: ['a', 'b'],
        stale: false,
      })),
    },
  )
  const policy: TargetPolicy = { ...POLICY, cleanUpUid: 'uid-secret' }
  const withRecord = (more: Parameters<typeof recordOf>[1]): ObservedSecret =>
    observedOf(ab, { records: new Map([['web', recordOf(ab, more)]]) })
  const other = recordOf({ c: '3' }, { creation: 'merge' })

  it('is deleted, but only the object that was inspected', () => {
    expect(decide(gone, { secret: observedOf(ab), inspected: false }, policy)).toEqual({ kind: 'inspect' })
    expect(decide(gone, { secret: observedOf(ab), inspected: true }, policy)).toEqual({
      kind: 'release',
      how: 'delete',
      target: { namespace: 'default', name: 'web' },
      ownerName: 'web',
      removeKeys: [],
      ifUid: 'uid-secret',
      ifResourceVersion: '7',
    })
  })

  it.each<[string, ObservedSecret, Partial<TargetPolicy>]>([
    ['with onKeyFailure Block', observedOf(ab), { onKeyFailure: 'Block' }],
    ['if it was adopted', observedOf(ab), { creation: 'Adopt' }],
    ['if the operator made it immutable', { ...withRecord({ immutable: true }), immutable: true }, { immutable: true }],
  ])('is also deleted %s', (_rule, secret, more) => {
    expect(decide(gone, { secret, inspected: true }, { ...policy, ...more })).toMatchObject({ kind: 'release' })
  })

  it.each<[string, ObservedSecret, Partial<TargetPolicy>]>([
    ['it is another object', observedOf(ab, { uid: 'uid-new' }), {}],
    ['it has no owner reference to the resource', observedOf(ab, { controller: undefined }), {}],
    ['its policy is Retain', observedOf(ab), { deletion: 'Retain' }],
    ['it is still retained', withRecord({ deletion: 'retain' }), {}],
    ['it is merged into', withRecord({ creation: 'merge' }), { creation: 'Merge' }],
    ['the policy changed from Owner to Merge', observedOf(ab), { creation: 'Merge' }],
    [
      'another resource has keys in it',
      {
        ...observedOf(ab),
        records: new Map([
          ['web', recordOf(ab)],
          ['x', other],
        ]),
      },
      {},
    ],
    ['another user has added a key', observedOf(ab, { foreignKeys: new Set(['theirs']) }), {}],
    ['another user has changed it', observedOf(ab, { drifted: ['a'] }), {}],
    ['another user made it immutable', observedOf(ab, { immutable: true }), {}],
  ])('is kept if %s', (_rule, secret, more) => {
    const sameAsBefore = { ...POLICY, ...more }
    const without = decide(gone, { secret, inspected: true }, sameAsBefore)
    expect(decide(gone, { secret, inspected: true }, { ...policy, ...more })).toEqual(without)
    expect(without.kind).not.toBe('release')
  })

  it('is not created again before the secrets exist again', () => {
    expect(decide(gone, { secret: undefined, inspected: false }, policy)).toEqual({ kind: 'wait' })
  })
})
