import { SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { Observation } from './observation.ts'
import type { DesiredSecret, EntryFailure, TargetPolicy } from '../model/desired-secret.ts'
import { desiredOf, observedOf, POLICY, recordOf } from '../testing/fixtures.ts'

const ab = { a: '1', b: '2' }
const tls = { 'tls.crt': 'crt', 'tls.key': 'key' }
const TLS = 'kubernetes.io/tls'
const frozen: TargetPolicy = { ...POLICY, immutable: true }
const merge: TargetPolicy = { ...POLICY, creation: 'Merge' }
const restarting: TargetPolicy = { ...POLICY, restarts: true }

const failing = (data: Record<string, string>, key: string, more: Partial<DesiredSecret> = {}): DesiredSecret => {
  const error = new SecretSyncError('Timeout', 'no response')
  const failure: EntryFailure = { field: 'spec.data[1]', secret: 'app/db', error, keys: [key], stale: false }
  return desiredOf(data, { failures: [failure], ...more })
}
const observed = (data: Record<string, string>, more: Parameters<typeof recordOf>[1] = {}) =>
  observedOf(data, { immutable: more.immutable === true, records: new Map([['web', recordOf(data, more)]]) })
/** Metadata of a Secret that the operator made immutable. */
const ours = (data: Record<string, string> = ab) => observed(data, { immutable: true })
/** A Secret that another user made immutable. */
const theirs = { ...observedOf(ab), immutable: true }

/** Decides with the metadata, and again with the content if `decide` requests it. */
function settled(desired: DesiredSecret, secret: Observation['secret'], policy: TargetPolicy): object {
  const first = decide(desired, { secret, inspected: false }, policy)
  const action = first.kind === 'inspect' ? decide(desired, { secret, inspected: true }, policy) : first
  if (action.kind === 'refuse') return { kind: 'refuse', code: action.error.code, message: action.error.message }
  if (!('set' in action)) return action
  const { record, set } = action
  const { keys, immutable = false, restartDue = null } = record
  return { ...action, set: [...set.keys()], keys: [...keys.keys()], immutable, restartDue }
}

type Row = [
  rule: string,
  desired: DesiredSecret,
  existing: Observation['secret'],
  expected: object,
  policy?: TargetPolicy,
]

const replacing: readonly Row[] = [
  [
    'recreates a Secret of another type, with the observed version as precondition',
    desiredOf(tls, { type: TLS }),
    observedOf(ab),
    { kind: 'replace', type: TLS, set: ['tls.crt', 'tls.key'], carry: [], ifUid: 'uid-secret', ifResourceVersion: '7' },
    POLICY,
  ],
  [
    'recreates an immutable Secret for a new value',
    desiredOf({ a: '1', b: 'new' }),
    ours(),
    { kind: 'replace', set: ['a', 'b'], carry: [], immutable: true },
  ],
  ['and for a key that goes', desiredOf({ a: '1' }), ours(), { kind: 'replace', set: ['a'], carry: [] }],
  [
    'and when it is not to be immutable any longer',
    desiredOf(ab),
    ours(),
    { kind: 'replace', immutable: false },
    POLICY,
  ],
  ['makes a Secret immutable in place', desiredOf(ab), observedOf(ab), { kind: 'patch', set: [], immutable: true }],
  ['together with a new value', desiredOf({ a: '1', b: 'new' }), observedOf(ab), { kind: 'patch', set: ['b'] }],
  ['does not write an immutable Secret that is up to date', desiredOf(ab), ours(), { kind: 'none' }],
  [
    'changes what may be changed of an immutable Secret in place: labels',
    desiredOf(ab, { metadata: new Map([['labels/app', 'web']]) }),
    ours(),
    { kind: 'patch', set: [] },
  ],
  [
    'and its record',
    desiredOf(ab),
    { ...ours(), metadataDrifted: true },
    { kind: 'patch', set: [], repairsDrift: true },
  ],
  [
    'has a key that cannot be read keep its bytes in the new Secret',
    failing({ a: 'new' }, 'b'),
    ours(),
    { kind: 'replace', set: ['a'], carry: ['b'], keys: ['b', 'a'] },
  ],
  [
    'but not values that another user has changed',
    failing({ a: 'new' }, 'b', { type: 'example.com/mine' }),
    { ...observedOf(ab), drifted: ['b'] },
    { kind: 'none' },
    POLICY,
  ],
  [
    'writes nothing with Block',
    failing({ a: 'new' }, 'b'),
    ours(),
    { kind: 'none' },
    { ...frozen, onKeyFailure: 'Block' },
  ],
  [
    'does not recreate a Secret with keys of others',
    desiredOf({ a: 'new' }),
    { ...ours({ a: '1' }), foreignKeys: new Set(['theirs']) },
    {
      kind: 'refuse',
      code: 'TargetConflict',
      message: expect.stringContaining('set key theirs in it; delete it, and'),
    },
  ],
  [
    'or other resources',
    desiredOf({ a: '1' }, { type: 'example.com/mine' }),
    observedOf(
      { a: '1' },
      {
        records: new Map([
          ['web', recordOf({ a: '1' })],
          ['other', recordOf({ z: '1' }, { creation: 'merge' })],
        ]),
      },
    ),
    {
      kind: 'refuse',
      code: 'InvalidForType',
      message: expect.stringContaining('another ExternalSecret, other, has keys in it'),
    },
    POLICY,
  ],
  [
    'or what it only merges into',
    desiredOf({ a: '1' }, { type: 'example.com/mine' }),
    observedOf(
      { a: '1' },
      { controller: undefined, records: new Map([['web', recordOf({ a: '1' }, { creation: 'merge' })]]) },
    ),
    {
      kind: 'refuse',
      code: 'InvalidForType',
      message: expect.stringMatching(/does not own the whole Secret; set spec\.type: Opaque, or delete it, and it is/),
    },
    merge,
  ],
  [
    'or what it only merges into now',
    desiredOf({ a: '1' }, { type: 'example.com/mine' }),
    observedOf({ a: '1' }),
    { kind: 'refuse', code: 'InvalidForType', message: expect.stringContaining('does not own the whole Secret') },
    merge,
  ],
  [
    'or what it would adopt',
    desiredOf({ a: '1' }, { type: 'example.com/mine' }),
    observedOf({}, { controller: undefined, records: new Map() }),
    {
      kind: 'refuse',
      code: 'InvalidForType',
      message: expect.stringContaining(
        'its type from Opaque to example.com/mine, and this resource does not own the whole Secret; set spec.type: Opaque, or delete it, and',
      ),
    },
    { ...POLICY, creation: 'Adopt' },
  ],
  [
    'keeps a Secret that another user made immutable, and says how to proceed',
    desiredOf({ a: 'new', b: '2' }),
    theirs,
    { kind: 'refuse', code: 'WriteDenied', message: expect.stringContaining('spec.target.immutable: true') },
    POLICY,
  ],
  ['leaves an immutable Secret alone while nothing changes', desiredOf(ab), theirs, { kind: 'none' }, POLICY],
  ['recreates it if the resource sets immutable', desiredOf({ a: 'new', b: '2' }), theirs, { kind: 'replace' }],
]

const fitting: readonly Row[] = [
  [
    'creates no Secret that its type forbids',
    desiredOf({ 'tls.crt': 'x' }, { type: TLS }),
    undefined,
    {
      kind: 'refuse',
      code: 'InvalidForType',
      message: 'type kubernetes.io/tls: requires key tls.key, which no entry provides',
    },
  ],
  [
    'takes no key from one that needs it',
    desiredOf({ 'tls.crt': 'crt' }, { type: TLS }),
    observedOf(tls, { type: TLS }),
    { kind: 'refuse', code: 'InvalidForType' },
  ],
  [
    'recreates none with content that its type rejects',
    desiredOf(ab, { type: TLS }),
    observedOf(ab),
    { kind: 'refuse', code: 'InvalidForType' },
  ],
  [
    'counts a key that failed and stays',
    failing({ 'tls.crt': 'new' }, 'tls.key', { type: TLS }),
    observedOf(tls, { type: TLS }),
    { kind: 'patch', set: ['tls.crt'] },
  ],
  [
    'and one that another user has added',
    desiredOf({ 'tls.crt': 'new' }, { type: TLS }),
    observedOf({ 'tls.crt': 'crt' }, { type: TLS, foreignKeys: new Set(['tls.key']) }),
    { kind: 'patch', set: ['tls.crt'] },
  ],
]

const due = { restartDue: 'uid-secret/7' }
const notDue = { restartDue: null }
const restarts: readonly Row[] = [
  ['is due when a value changes', desiredOf({ a: '1', b: 'new' }), observedOf(ab), { kind: 'patch', ...due }],
  ['is due when a key comes', desiredOf(ab), observedOf({ a: '1' }), { kind: 'patch', ...due }],
  ['is due when a key goes', desiredOf({ a: '1' }), observedOf(ab), { kind: 'patch', ...due }],
  [
    'is due when an immutable Secret is recreated',
    desiredOf({ a: 'new' }),
    ours({ a: '1' }),
    { kind: 'replace', ...due },
    { ...frozen, restarts: true },
  ],
  [
    'is not due when only the type changes',
    desiredOf(ab, { type: 'example.com/mine' }),
    observedOf(ab),
    { kind: 'replace', ...notDue },
  ],
  ['is not due for a first Secret', desiredOf(ab), undefined, { kind: 'create', ...notDue }],
  [
    'is not due for a Secret that is taken over',
    desiredOf(ab),
    observedOf({}, { controller: undefined, records: new Map() }),
    { kind: 'patch', ...notDue },
    { ...restarting, creation: 'Adopt' },
  ],
  [
    'is not due for a label',
    desiredOf(ab, { metadata: new Map([['labels/app', 'web']]) }),
    observedOf(ab),
    { kind: 'patch', ...notDue },
  ],
  ['is not due after a repaired edit', desiredOf(ab), observedOf(ab, { drifted: ['a'] }), { kind: 'patch', ...notDue }],
  [
    'is not due without spec.restart',
    desiredOf({ a: 'new' }),
    observedOf({ a: '1' }),
    { kind: 'patch', ...notDue },
    POLICY,
  ],
  ['is no reason to write when it comes into the spec', desiredOf(ab), observedOf(ab), { kind: 'none' }],
  [
    'is none to write when it goes from it',
    desiredOf(ab),
    observed(ab, { restartDue: 'uid-secret/3' }),
    { kind: 'none' },
    POLICY,
  ],
  [
    'stays due until it is done',
    desiredOf(ab, { metadata: new Map([['labels/app', 'web']]) }),
    observed(ab, { restartDue: 'uid-secret/3' }),
    { kind: 'patch', restartDue: 'uid-secret/3' },
  ],
]

describe('a change that is impossible in place', () => {
  it.each([...replacing])('%s', (_rule, desired, existing, expected, policy = frozen) => {
    expect(settled(desired, existing, policy)).toMatchObject(expected)
  })

  it('is inspected before its deletion, and so is one that another user has made immutable', () => {
    for (const secret of [ours(), theirs]) {
      expect(decide(desiredOf({ a: 'new' }), { secret, inspected: false }, POLICY)).toEqual({ kind: 'inspect' })
    }
  })

  it.each<[what: string, existing: NonNullable<Observation['secret']>, desired: DesiredSecret, facts: object]>([
    ['immutability', theirs, desiredOf({ a: 'new' }), { field: 'spec.target.immutable' }],
    [
      'the type',
      observedOf({ a: '1' }, { foreignKeys: new Set(['z']) }),
      desiredOf({ a: '1' }, { type: 'example.com/mine' }),
      { field: 'spec.type' },
    ],
    ['no field', { ...ours({ a: '1' }), foreignKeys: new Set(['z']) }, desiredOf({ a: 'new' }), {}],
  ])('is refused with the field of %s', (_what, secret, desired, facts) => {
    expect(decide(desired, { secret, inspected: true }, POLICY)).toHaveProperty('error.facts', facts)
  })

  it('recreates no Secret whose type the metadata does not show', () => {
    const secret = observedOf(ab, { type: undefined })
    expect(decide(desiredOf(ab, { type: TLS }), { secret, inspected: false }, POLICY)).toEqual({ kind: 'none' })
  })

  it('uses the actual type after an inspection', () => {
    const action = decide(
      desiredOf({ a: 'new', b: '2' }),
      { secret: { ...theirs, immutable: false }, inspected: true },
      POLICY,
    )
    expect(action).toMatchObject({ kind: 'patch' })
  })
})

describe('the type of a Secret', () => {
  it.each([...fitting])('%s', (_rule, desired, existing, expected, policy = POLICY) => {
    expect(settled(desired, existing, policy)).toMatchObject(expected)
  })
})

describe('a restart', () => {
  it.each([...restarts])('%s', (_rule, desired, existing, expected, policy = restarting) => {
    expect(settled(desired, existing, policy)).toMatchObject(expected)
  })

  it('distinguishes a new value from repaired drift, even after an inspection of drifted content', () => {
    const existing = observed({ a: 'tampered' })
    const desired = desiredOf({ a: '1' })
    const decided = (secret: Observation['secret']): unknown => {
      const action = decide(desired, { secret, inspected: true }, restarting)
      return action.kind === 'patch' && [action.repairsDrift, action.record.restartDue]
    }
    expect(decided({ ...existing, drifted: ['a'] })).toEqual([true, undefined])
    expect(decided(existing)).toEqual([false, due.restartDue])
  })
})
