import type { PushedSecret } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import type { PushFailure, PushOutcome } from './push-status.ts'
import { splitObsolete } from './split-obsolete.ts'

const at = (key: string, state: PushedSecret['state']): PushedSecret => ({
  key,
  secretStoreRef: { kind: 'SecretStore', name: 'kms' },
  state,
})
const FAILURE = {
  code: 'AccessDenied',
  reason: 'AccessDenied',
  message: 'KMS secret "b": denied',
  isTransient: false,
} as const

it.each<[string, readonly PushOutcome[], readonly PushFailure[], readonly string[]]>([
  ['every wanted secret is pushed', [{ entry: at('a', 'Pushed') }], [], ['former']],
  ['one has failed', [{ entry: at('a', 'Pushed') }, { entry: at('b', 'Failed'), failure: FAILURE }], [], []],
  ['one is kept by IfNotExists, perhaps with another value', [{ entry: at('a', 'Kept') }], [], []],
  ['an entry has no key', [{ entry: at('a', 'Pushed') }], [FAILURE], []],
])('a secret that is no longer wanted is deleted if %s', (_when, pushed, failures, due) => {
  const split = splitObsolete([at('former', 'Pushed')], { pushed, failures, isFull: false })
  expect(split.due.map(({ key }) => key)).toEqual(due)
  expect(split.held).toHaveLength(1 - due.length)
})

it('a secret that is no longer wanted is not deleted while the record has no room for a new one', () => {
  const pushed = [{ entry: at('a', 'Pushed') }]
  expect(splitObsolete([at('former', 'Pushed')], { pushed, failures: [], isFull: true }).due).toEqual([])
})

it.each<[string, { readonly failures?: readonly PushFailure[]; readonly isFull?: boolean }, readonly string[]]>([
  ['while a wanted secret cannot be pushed', {}, ['former']],
  ['while the record has no room', { isFull: true }, ['former']],
  ['unless an entry has no name, which may be the name of the secret', { failures: [FAILURE] }, []],
])('a deletion that has begun continues %s', (_when, more, due) => {
  const pushed = [{ entry: at('b', 'Failed'), failure: FAILURE }]
  const split = splitObsolete([at('former', 'Deleting')], { pushed, failures: [], isFull: false, ...more })
  expect(split.due.map(({ key }) => key)).toEqual(due)
  expect(split.held).toHaveLength(1 - due.length)
})
