import assert from 'node:assert/strict'
import { ACCESS_KEY_STORE, copyOf } from '../stage.ts'
import type { Trial } from './trial.ts'
import type { TrialScene } from './trial-scene.ts'
import { ownResource } from './own-resource.ts'
import { watchedCollection } from './watched-collections.ts'

const role = 'namespaces'
const makeStore = (scene: TrialScene): Promise<void> => scene.apply('SecretStore', scene.name, ACCESS_KEY_STORE)

/** ExternalSecrets, stores and events of a namespace. */
export const NAMESPACE_TRIALS: readonly Trial[] = [
  ...watchedCollection({
    resource: 'externalsecrets',
    role,
    unnoticed:
      'New and changed ExternalSecrets are not noticed while it is missing, but for those that are there at a start.',
    change: (scene) => scene.copy(),
    expectUnnoticed: (scene) => scene.expectSecret(undefined),
    untilNoticed: (scene) => scene.untilCopied(),
  }),
  ...ownResource('externalsecrets', { role, make: (scene) => scene.copy(), kept: 'Secrets are written all the same.' }),
  ...watchedCollection({
    resource: 'secretstores',
    role,
    unnoticed:
      'New and changed stores are not noticed while it is missing, but for those that are there at a start: ExternalSecrets are `StoreNotFound`.',
    change: async (scene) => {
      await makeStore(scene)
      await scene.put('one')
      await scene.apply('ExternalSecret', scene.name, copyOf(scene.name, scene.name))
      await scene.untilSays('externalsecrets', 'StoreNotFound', scene.name)
    },
    expectUnnoticed: (scene) => scene.expectSecret(undefined),
    untilNoticed: (scene) => scene.untilCopied(),
  }),
  ...ownResource('secretstores', { role, make: makeStore, kept: 'It is read through all the same.' }),
  {
    right: 'create events',
    role,
    without: 'There are no events: `kubectl describe` and `kubectl events` are silent.',
    missing: async (scene) => {
      await scene.copy()
      await scene.untilRefused()
      assert.deepEqual(await scene.events('Synced'), [])
    },
    mended: async (scene) => {
      await scene.put('two')
      await scene.untilEvent('Synced', scene.name)
    },
  },
]
