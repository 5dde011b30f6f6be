import { expect, it } from 'vitest'
import { type Ownership, ownershipOf } from './ownership.ts'
import { observedOf, OWNER, recordOf } from '../testing/fixtures.ts'

const withUid = (uid: string) => ({ kind: OWNER.kind, name: OWNER.name, uid })
const other = { kind: OWNER.kind, name: 'other', uid: '' }

it.each<[string, ReturnType<typeof withUid> | undefined, string, Ownership]>([
  ['the same uid is the same owner', withUid('uid-web'), 'uid-web', { kind: 'ours' }],
  [
    'another uid is an earlier owner of that name, which its record shows',
    withUid('uid-old'),
    'uid-web',
    { kind: 'ours' },
  ],
  ['without uids, kind and name identify the owner', withUid(''), '', { kind: 'ours' }],
  ['without uids, another name is another owner', other, '', { kind: 'other-resource', name: 'other' }],
  [
    'without uids, another kind is another owner',
    { ...withUid(''), kind: 'Certificate' },
    '',
    { kind: 'other-controller', description: 'Certificate web' },
  ],
  ['an owner without a uid is not one with a uid', withUid('uid-web'), '', { kind: 'other-resource', name: 'web' }],
  ['an owner with a uid is not one without', withUid(''), 'uid-web', { kind: 'other-resource', name: 'web' }],
])('%s', (_rule, controller, uid, ownership) => {
  const name = controller?.name ?? OWNER.name
  const observed = observedOf({ a: '1' }, { controller, records: new Map([[name, recordOf({ a: '1' })]]) })
  expect(ownershipOf(observed, { ...OWNER, uid })).toEqual(ownership)
})
