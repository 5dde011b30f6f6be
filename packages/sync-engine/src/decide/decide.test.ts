import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { Observation } from './observation.ts'
import type { DesiredSecret, TargetPolicy } from '../model/desired-secret.ts'
import { desiredOf, entryFailure, observedOf, POLICY, recordOf } from '../testing/fixtures.ts'

const existing = (secret: Observation['secret']): Observation => ({ secret, inspected: false })
const inspected = (secret: Observation['secret']): Observation => ({ secret, inspected: true })
const failure = (keys: readonly string[] | undefined, secret: string = 'app/other') => entryFailure(secret, keys)
const ab = { a: '1', b: '2' }
const unowned = observedOf({}, { controller: undefined, records: new Map() })
const someoneElses = { kind: 'ExternalSecret', name: 'other', uid: 'uid-other' }
const merge: TargetPolicy = { ...POLICY, creation: 'Merge' }
const failing = desiredOf({ a: '9' }, { failures: [failure(['b'])] })
const fromDocument = (record: ReturnType<typeof recordOf>): ReturnType<typeof recordOf> => ({
  ...record,
  keys: new Map(
    [...record.keys].map(([key, facts]) => [key, { ...facts, secret: key === 'a' ? 'app/db' : 'app/doc' }]),
  ),
})

type Row = [rule: string, desired: DesiredSecret, observation: Observation, expected: object, policy?: TargetPolicy]
const summary = (desired: DesiredSecret, observation: Observation, policy: TargetPolicy): object => {
  const action = decide(desired, observation, policy)
  if (action.kind === 'refuse') return { kind: action.kind, code: action.error.code, message: action.error.message }
  if (action.kind === 'create') return { kind: action.kind, set: [...action.set.keys()] }
  if (action.kind !== 'patch') return action
  const { kind, set, remove, adopts, repairsDrift, ifUid, ifResourceVersion, record } = action
  return {
    kind,
    set: [...set.keys()],
    remove,
    adopts,
    repairsDrift,
    ifUid,
    ifResourceVersion,
    keys: [...record.keys.keys()],
  }
}

const rows: readonly Row[] = [
  ['creates a missing target', desiredOf(ab), existing(undefined), { kind: 'create', set: ['a', 'b'] }],
  ['creates nothing while a key is missing', failing, existing(undefined), { kind: 'wait' }],
  ['does nothing when nothing changed', desiredOf(ab), existing(observedOf(ab)), { kind: 'none' }],
  [
    'writes only the key that changed, on the very object it saw',
    desiredOf({ a: '1', b: 'new' }),
    existing(observedOf(ab)),
    { kind: 'patch', set: ['b'], remove: [], ifUid: 'uid-secret', ifResourceVersion: '7', repairsDrift: false },
  ],
  [
    'removes a key that the resource no longer wants',
    desiredOf({ a: '1' }),
    existing(observedOf(ab)),
    { kind: 'patch', set: [], remove: ['b'] },
  ],
  [
    'carries a key that failed, and writes the others',
    failing,
    existing(observedOf(ab)),
    { kind: 'patch', set: ['a'], remove: [], keys: ['b', 'a'] },
  ],
  [
    'carries all that a document gave when the document fails',
    desiredOf({ a: '9' }, { failures: [failure(undefined, 'app/doc')] }),
    existing(observedOf(ab, { records: new Map([['web', fromDocument(recordOf(ab))]]) })),
    { kind: 'patch', set: ['a'], remove: [] },
  ],
  [
    'writes nothing at all with Block',
    failing,
    existing(observedOf(ab)),
    { kind: 'none' },
    { ...POLICY, onKeyFailure: 'Block' },
  ],
  [
    'repairs drift',
    desiredOf(ab),
    inspected(observedOf(ab, { drifted: ['a'] })),
    { kind: 'patch', set: ['a'], remove: [], repairsDrift: true },
  ],
  [
    'restores labels and annotations of ours',
    desiredOf(ab),
    existing(observedOf(ab, { metadataDrifted: true })),
    { kind: 'patch', set: [], remove: [], repairsDrift: true },
  ],
  [
    'looks at the content when digests were made with another key',
    desiredOf(ab),
    existing(observedOf(ab, { records: new Map([['web', recordOf(ab, { digestKeyId: 'old' })]]) })),
    { kind: 'inspect' },
  ],
  [
    'does not rewrite equal content only because the digest key is new',
    desiredOf(ab),
    inspected(observedOf(ab, { records: new Map([['web', recordOf(ab, { digestKeyId: 'old' })]]) })),
    { kind: 'none' },
  ],
  [
    'never touches a Secret that is not managed',
    desiredOf(ab),
    existing(unowned),
    { kind: 'refuse', code: 'TargetConflict' },
  ],
  ['looks before it adopts', desiredOf(ab), existing(unowned), { kind: 'inspect' }, { ...POLICY, creation: 'Adopt' }],
  [
    'takes over what it is given',
    desiredOf(ab),
    inspected(unowned),
    { kind: 'patch', set: ['a', 'b'], remove: [], adopts: true },
    { ...POLICY, creation: 'Adopt' },
  ],
  [
    'takes over when the resource asks for it',
    desiredOf(ab),
    inspected(unowned),
    { kind: 'patch', adopts: true },
    { ...POLICY, adopt: true },
  ],
  [
    'takes over when the Secret asks for it',
    desiredOf(ab),
    inspected({ ...unowned, adoptRequested: true }),
    { kind: 'patch', adopts: true },
  ],
  [
    'adopts nothing that would lack a key of its type',
    desiredOf({ password: '1' }, { type: 'kubernetes.io/tls' }),
    inspected({ ...unowned, type: 'kubernetes.io/tls' }),
    { kind: 'refuse', code: 'InvalidForType' },
    { ...POLICY, creation: 'Adopt' },
  ],
  [
    'looks whether a Secret that it does not know has the other keys of the type',
    desiredOf({ password: '1' }, { type: 'kubernetes.io/tls' }),
    existing(undefined),
    { kind: 'inspect' },
    merge,
  ],
  [
    'creates no Secret that would lack a key of its type',
    desiredOf({ password: '1' }, { type: 'kubernetes.io/tls' }),
    inspected(undefined),
    { kind: 'refuse', code: 'InvalidForType' },
    merge,
  ],
  [
    'merges into a Secret that has the other keys of the type',
    desiredOf({ password: '1' }, { type: 'kubernetes.io/tls' }),
    inspected({ ...unowned, type: 'kubernetes.io/tls', foreignKeys: new Set(['tls.crt', 'tls.key']) }),
    { kind: 'patch', set: ['password'] },
    merge,
  ],
  [
    'looks whether the Secret of another owner has the other keys of the type, before it refuses a change',
    desiredOf({ password: '2' }, { type: 'kubernetes.io/tls' }),
    existing({
      ...unowned,
      type: 'kubernetes.io/tls',
      records: new Map([['web', recordOf({ password: '1' }, { creation: 'merge' })]]),
    }),
    { kind: 'inspect' },
    merge,
  ],
  [
    'merges into a Secret for the first time without correcting anything',
    desiredOf(ab),
    inspected(unowned),
    { kind: 'patch', adopts: false, repairsDrift: false },
    merge,
  ],
  [
    'adopts nothing before it has all keys',
    failing,
    existing(unowned),
    { kind: 'wait' },
    { ...POLICY, creation: 'Adopt' },
  ],
  [
    'refuses the Secret of another resource, adopting or not',
    desiredOf(ab),
    existing(observedOf(ab, { controller: someoneElses, records: new Map([['other', recordOf(ab)]]) })),
    { kind: 'refuse', code: 'TargetConflict', message: expect.stringContaining('ExternalSecret other') },
    { ...POLICY, creation: 'Adopt' },
  ],
  [
    'refuses the Secret of another controller and names it',
    desiredOf(ab),
    existing({ ...unowned, controller: { kind: 'Certificate', name: 'tls', uid: 'u' } }),
    { kind: 'refuse', code: 'TargetConflict', message: expect.stringContaining('Certificate tls') },
    { ...POLICY, creation: 'Adopt' },
  ],
  [
    'takes over the Secret that its deleted namesake still controls',
    desiredOf(ab),
    existing(observedOf(ab, { controller: { kind: 'ExternalSecret', name: 'web', uid: 'uid-before' } })),
    { kind: 'patch', set: [] },
  ],
  [
    'finds a retained Secret again',
    desiredOf(ab),
    existing(
      observedOf(ab, { controller: undefined, records: new Map([['web', recordOf(ab, { deletion: 'retain' })]]) }),
    ),
    { kind: 'none' },
    { ...POLICY, deletion: 'Retain' },
  ],
  [
    'merges into a Secret without an owner',
    desiredOf(ab),
    inspected(unowned),
    { kind: 'patch', set: ['a', 'b'], adopts: false },
    merge,
  ],
  [
    'merges into a Secret of another controller',
    desiredOf(ab),
    inspected({ ...unowned, controller: { kind: 'Certificate', name: 'tls', uid: 'u' } }),
    { kind: 'patch', set: ['a', 'b'] },
    merge,
  ],
  [
    'merges into a Secret of another resource with other keys',
    desiredOf(ab),
    inspected(observedOf({}, { controller: someoneElses, records: new Map([['other', recordOf({ c: '3' })]]) })),
    { kind: 'patch', set: ['a', 'b'] },
    merge,
  ],
  [
    'takes no key from another resource',
    desiredOf(ab),
    inspected(observedOf({}, { controller: someoneElses, records: new Map([['other', recordOf({ b: '3' })]]) })),
    { kind: 'refuse', code: 'TargetConflict', message: expect.stringContaining('key b') },
    merge,
  ],
  [
    'takes no key from a person',
    desiredOf(ab),
    inspected({ ...unowned, foreignKeys: new Set(['b']) }),
    { kind: 'refuse', code: 'TargetConflict', message: expect.stringContaining('key b') },
    merge,
  ],
  [
    'does not come to own by a change of policy what it only merged into',
    desiredOf(ab),
    existing({ ...unowned, records: new Map([['web', recordOf(ab, { creation: 'merge' })]]) }),
    { kind: 'refuse', code: 'TargetConflict' },
  ],
  [
    'cannot change the type of a Secret that it only merges into',
    desiredOf(ab, { type: 'kubernetes.io/tls' }),
    inspected(unowned),
    { kind: 'refuse', code: 'InvalidForType', message: expect.stringContaining('Opaque') },
    merge,
  ],
  [
    'takes no further key from another resource, even where it holds some',
    desiredOf(ab),
    existing({
      ...unowned,
      records: new Map([
        ['web', recordOf({ a: '1' }, { creation: 'merge' })],
        ['other', recordOf({ b: '3' })],
      ]),
    }),
    { kind: 'refuse', code: 'TargetConflict', message: expect.stringContaining('other, owns key b') },
    merge,
  ],
  [
    'takes no key that another resource has merged into its own Secret',
    desiredOf(ab),
    existing(
      observedOf(
        { a: '1' },
        {
          records: new Map([
            ['web', recordOf({ a: '1' })],
            ['other', recordOf({ b: '3' }, { creation: 'merge' })],
          ]),
        },
      ),
    ),
    { kind: 'refuse', code: 'TargetConflict', message: expect.stringContaining('other, owns key b') },
  ],
  [
    'gives a key that it carries for a failing document to no other secret',
    { ...desiredOf({ a: '9' }), failures: [failure(undefined, 'app/doc')] },
    existing(
      observedOf(ab, {
        records: new Map([
          ['web', { ...recordOf(ab), keys: new Map([['a', { secret: 'app/doc', versionId: 'v1', digest: 'd' }]]) }],
        ]),
      }),
    ),
    { kind: 'refuse', code: 'DuplicateKey', message: expect.stringContaining('app/doc') },
  ],
  [
    'gives a key to another secret while its former one fails, if the spec names the keys of that one',
    { ...desiredOf({ a: '9' }), failures: [failure(['b'], 'app/doc')] },
    existing(
      observedOf(ab, {
        records: new Map([
          ['web', { ...recordOf(ab), keys: new Map([['a', { secret: 'app/doc', versionId: 'v1', digest: 'd' }]]) }],
        ]),
      }),
    ),
    { kind: 'patch', set: ['a'] },
  ],
  [
    'puts its mark back on a Secret of its own, and calls that no adoption',
    desiredOf(ab),
    inspected(observedOf({}, { records: new Map() })),
    { kind: 'patch', adopts: false, repairsDrift: true },
  ],
  [
    'names the foreign controller of a Secret that carries its record',
    desiredOf(ab),
    existing(observedOf(ab, { controller: { kind: 'Certificate', name: 'tls', uid: 'u' } })),
    { kind: 'refuse', code: 'TargetConflict', message: expect.stringContaining('Certificate tls') },
  ],
]

describe('decide', () => {
  it.each([...rows])('%s', (_rule, desired, observation, expected, policy = POLICY) => {
    expect(summary(desired, observation, policy)).toMatchObject(expected)
  })

  it('records a new version of an equal value', () => {
    const desired = desiredOf(ab)
    const moved = new Map([...desired.data].map(([key, facts]) => [key, { ...facts, versionId: 'v2' }]))
    expect(summary({ ...desired, data: moved }, existing(observedOf(ab)), POLICY)).toMatchObject({
      kind: 'patch',
      set: [],
    })
  })
})
