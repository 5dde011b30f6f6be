import { type ObservedSecret, type OwnerRecord, Sensitive } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import type { TargetPolicy } from '../model/desired-secret.ts'
import { bytes, observedOf, OWNER, POLICY, recordOf } from '../testing/fixtures.ts'
import { usableValues } from './usable-values.ts'

const MERGE: TargetPolicy = { ...POLICY, creation: 'Merge' }
const ADOPT: TargetPolicy = { ...POLICY, creation: 'Adopt' }
const CERTIFICATE = { kind: 'Certificate.cert-manager.io', name: 'tls', uid: 'u' }

/** A Secret with the keys `a` and `b`, and no controller. */
const secretOf = (records: Readonly<Record<string, OwnerRecord>>, more: Partial<ObservedSecret> = {}): ObservedSecret =>
  observedOf({}, { controller: undefined, records: new Map(Object.entries(records)), ...more })

it.each<[what: string, observed: ObservedSecret, policy: TargetPolicy, usable: string]>([
  ['all keys of its own Secret', observedOf({ a: '1' }), POLICY, 'ab'],
  [
    'its own keys of a Secret with merged keys',
    secretOf({ web: recordOf({ a: '1' }, { creation: 'merge' }) }),
    MERGE,
    'a',
  ],
  [
    'its own keys only, if another resource merges one',
    observedOf(
      {},
      {
        records: new Map([
          ['web', recordOf({ a: '1' })],
          ['other', recordOf({ b: '2' }, { creation: 'merge' })],
        ]),
      },
    ),
    POLICY,
    'a',
  ],
  ['none of a Secret without an owner', secretOf({}), POLICY, ''],
  ['none of such a Secret with Merge', secretOf({}), MERGE, ''],
  ['all of such a Secret that it adopts', secretOf({}), ADOPT, 'ab'],
  ['all of such a Secret if it is annotated for adoption', secretOf({}, { adoptRequested: true }), POLICY, 'ab'],
  [
    'none of a Secret of a system, even with its own record',
    observedOf({ a: '1' }, { type: 'bootstrap.kubernetes.io/token' }),
    ADOPT,
    '',
  ],
  [
    'none of a Secret of another controller',
    secretOf({}, { controller: CERTIFICATE, adoptRequested: true }),
    ADOPT,
    '',
  ],
  [
    'all of such a Secret with Merge, if it is annotated for adoption',
    secretOf({}, { controller: CERTIFICATE, adoptRequested: true }),
    MERGE,
    'ab',
  ],
  [
    'none of such a Secret with Merge, if only the resource requests the adoption',
    secretOf({}, { controller: CERTIFICATE }),
    { ...MERGE, adopt: true },
    '',
  ],
  [
    'no key of another resource with Merge, even if the Secret is annotated',
    secretOf({ other: recordOf({ a: '1' }) }, { adoptRequested: true }),
    MERGE,
    'b',
  ],
  ['none of another resource that exists', secretOf({ other: recordOf({ a: '1', b: '2' }) }), ADOPT, ''],
  [
    'all of a deleted resource whose Secret it adopts',
    secretOf({ gone: recordOf({ a: '1', b: '2' }) }),
    { ...ADOPT, formerOwners: new Set(['gone']) },
    'ab',
  ],
])('generated keys may keep the values of %s', (_what, observed, policy, usable) => {
  const values = new Map(['a', 'b'].map((key) => [key, new Sensitive(bytes(key))]))
  const edited = new Set(['a'])
  const kept = usableValues({ observed, values, edited }, OWNER, policy)
  expect([...kept.values.keys()].join('')).toBe(usable)
  expect([kept.observed, kept.edited]).toEqual([observed, edited])
})
