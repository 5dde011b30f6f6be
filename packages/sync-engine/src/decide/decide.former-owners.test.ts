import type { ObservedSecret, OwnerRecord } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import type { TargetPolicy } from '../model/desired-secret.ts'
import { desiredOf, observedOf, POLICY, recordOf } from '../testing/fixtures.ts'
import { decide } from './decide.ts'

const ab = { a: '1', b: '2' }
const GONE: ReadonlySet<string> = new Set(['old'])
const ADOPT: TargetPolicy = { ...POLICY, creation: 'Adopt', formerOwners: GONE }
const MERGE: TargetPolicy = { ...POLICY, creation: 'Merge', adopt: true, formerOwners: GONE }
const ADOPTS = { kind: 'patch', adopts: true, remove: [], formerOwners: ['old'] }
const retain = { deletion: 'retain' as const }

/** A Secret that the resource `old` has retained. */
const retained = (more: Partial<ObservedSecret> = {}, record: Partial<OwnerRecord> = retain): ObservedSecret =>
  observedOf({}, { controller: undefined, records: new Map([['old', recordOf({ a: '0', c: '3' }, record)]]), ...more })

const refuses = (why: string) => ({ kind: 'refuse', error: { message: expect.stringContaining(why) } })
const BELONGS = { kind: 'refuse', error: { message: expect.stringMatching(/ it belongs to ExternalSecret old$/) } }
const ADVICE = refuses(
  'it belongs to ExternalSecret old; if that was deleted, adopt it with spec.target.creationPolicy: Adopt, or the annotation alibabacloud.com/adopt: "true" on it',
)

it.each<[rule: string, secret: ObservedSecret, policy: TargetPolicy, expected: object]>([
  ['is adopted with Adopt', retained(), ADOPT, ADOPTS],
  ['is adopted if the resource is annotated', retained(), { ...ADOPT, creation: 'Owner', adopt: true }, ADOPTS],
  ['is adopted if it is annotated', retained({ adoptRequested: true }), { ...ADOPT, creation: 'Owner' }, ADOPTS],
  ['has its keys taken over by Merge', retained(), MERGE, { ...ADOPTS, adopts: false }],
  ['is refused without a request, and the message says how', retained(), { ...POLICY, formerOwners: GONE }, ADVICE],
  ['is refused while its owner exists', retained(), { ...ADOPT, formerOwners: new Set() }, BELONGS],
  ['is refused if it is unknown whether its owner exists', retained(), { ...POLICY, creation: 'Adopt' }, BELONGS],
  [
    'is refused while another controller owns it',
    retained({ controller: { kind: 'Certificate', name: 'tls', uid: 'u' } }),
    ADOPT,
    refuses('belongs to Certificate tls'),
  ],
  [
    'is refused while the garbage collector may delete it',
    retained({ controller: { kind: 'ExternalSecret', name: 'old', uid: 'uid-old' } }),
    ADOPT,
    BELONGS,
  ],
  [
    'is refused while the garbage collector may delete it, without advice to adopt it',
    retained({ controller: { kind: 'ExternalSecret', name: 'old', uid: 'uid-old' } }),
    POLICY,
    BELONGS,
  ],
  [
    'is refused while another resource has keys in it',
    retained({ records: new Map([...retained().records, ['living', recordOf({ d: '4' }, { creation: 'merge' })]]) }),
    ADOPT,
    refuses('belongs to ExternalSecret living'),
  ],
  [
    'is refused if it belongs to a system',
    retained({ type: 'bootstrap.kubernetes.io/token' }),
    ADOPT,
    refuses('bootstrap.kubernetes.io/token'),
  ],
  [
    'is refused while merged keys of the deleted resource must be removed',
    retained({}, { creation: 'merge' }),
    ADOPT,
    BELONGS,
  ],
])('a retained Secret of a deleted resource %s', (_rule, secret, policy, expected) => {
  expect(decide(desiredOf(ab), { secret, inspected: true }, policy)).toMatchObject(expected)
})

it.each<[string, ObservedSecret, Partial<TargetPolicy>, boolean]>([
  ['names the adoption', retained(), {}, true],
  ['does not if it is requested', retained(), { adopt: true }, false],
  [
    'does not if another controller owns it',
    retained({ controller: { kind: 'Certificate', name: 'tls', uid: 'u' } }),
    {},
    false,
  ],
  ['does not if the keys are removed with their owner', retained({}, { creation: 'merge' }), {}, false],
  [
    'does not for a resource that has a record',
    retained({ records: new Map([...retained().records, ['web', recordOf({ b: '2' }, { creation: 'merge' })]]) }),
    {},
    false,
  ],
])('the refusal of a merged key of another resource %s', (_rule, secret, more, isNamed) => {
  const action = decide(desiredOf(ab), { secret, inspected: true }, { ...POLICY, creation: 'Merge', ...more })
  const orAdopt = ', or, if old was deleted, adopt the Secret with the annotation alibabacloud.com/adopt: "true"'
  const message = `Secret default/web is not changed: another ExternalSecret, old, owns key a; rename one of them`
  expect(action).toMatchObject({ kind: 'refuse', error: { message: isNamed ? `${message}${orAdopt}` : message } })
})

it.each<[target: string, policy: TargetPolicy, expected: object]>([
  ['the Secret', POLICY, BELONGS],
  ['a key', { ...POLICY, creation: 'Merge' }, { error: { message: expect.stringMatching(/ rename one of them$/) } }],
])(
  'the refusal of %s names no adoption without an API server that shows whether the owner exists',
  (_what, policy, expected) => {
    const desired = desiredOf(ab)
    const action = decide(
      { ...desired, owner: { ...desired.owner, uid: '' } },
      { secret: retained(), inspected: true },
      policy,
    )
    expect(action).toMatchObject(expected)
  },
)

it('an adoption keeps the keys of the deleted resource that the new one does not write', () => {
  const action = decide(desiredOf(ab), { secret: retained(), inspected: true }, ADOPT)
  expect(action).toMatchObject({
    set: new Map([
      ['a', expect.anything()],
      ['b', expect.anything()],
    ]),
    remove: [],
  })
})

it('a resource that has a record removes no other record', () => {
  const records = new Map([...retained().records, ['web', recordOf({ a: '1' })]])
  const action = decide(desiredOf({ a: '2' }), { secret: observedOf({}, { records }), inspected: true }, ADOPT)
  expect(action).toMatchObject({ kind: 'patch', adopts: false })
  expect(action).not.toHaveProperty('formerOwners')
})
