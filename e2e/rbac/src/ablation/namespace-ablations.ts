import assert from 'node:assert/strict'
import { ACCESS_KEY_STORE, copyOf } from '@ack-secret-manager/e2e-install/install-environment'
import type { Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'
import { ownResource } from './own-resource.ts'
import { watchedCollection } from './watched-collections.ts'

const role = 'namespaces'
const makeStore = (fixture: AblationFixture): Promise<void> =>
  fixture.apply('SecretStore', fixture.name, ACCESS_KEY_STORE)

/** ExternalSecrets, stores and events of a namespace. */
export const NAMESPACE_ABLATIONS: readonly Ablation[] = [
  ...watchedCollection({
    resource: 'externalsecrets',
    role,
    unnoticed: 'ExternalSecrets that are created or changed after the start are not noticed.',
    change: (fixture) => fixture.copy(),
    expectUnnoticed: (fixture) => fixture.expectSecret(undefined),
    untilNoticed: (fixture) => fixture.untilCopied(),
  }),
  ...ownResource('externalsecrets', {
    role,
    make: (fixture) => fixture.copy(),
    kept: 'Secrets are still written.',
  }),
  ...watchedCollection({
    resource: 'secretstores',
    role,
    unnoticed:
      'Stores that are created or changed after the start are not noticed: ExternalSecrets show `StoreNotFound`.',
    change: async (fixture) => {
      await makeStore(fixture)
      await fixture.put('one')
      await fixture.apply('ExternalSecret', fixture.name, copyOf(fixture.name, fixture.name))
      await fixture.untilSays('externalsecrets', 'StoreNotFound', fixture.name)
    },
    expectUnnoticed: (fixture) => fixture.expectSecret(undefined),
    untilNoticed: (fixture) => fixture.untilCopied(),
  }),
  ...ownResource('secretstores', { role, make: makeStore, kept: 'Secrets are still read through the store.' }),
  {
    permission: 'create events',
    role,
    effect: 'There are no events in `kubectl describe` and `kubectl events`.',
    missing: async (fixture) => {
      await fixture.copy()
      await fixture.untilRefused()
      assert.deepEqual(await fixture.events('Synced'), [])
    },
    restored: async (fixture) => {
      await fixture.put('two')
      await fixture.untilEvent('Synced', fixture.name)
    },
  },
]
