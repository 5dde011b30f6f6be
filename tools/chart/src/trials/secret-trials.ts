import assert from 'node:assert/strict'
import type { Trial } from './trial.ts'
import type { TrialScene } from './trial-scene.ts'
import { watchedCollection } from './watched-collections.ts'

const role = 'namespaces'

/** Waits until the ExternalSecret tells which right it lacks. */
function untilDenied(scene: TrialScene, verb: string): Promise<void> {
  return scene.untilSays('externalsecrets', 'WriteFailed', `give us verb "${verb}" on "secrets"`)
}

async function copied(scene: TrialScene): Promise<void> {
  await scene.copy()
  await scene.untilCopied()
}

async function untilCopied(scene: TrialScene, value?: string): Promise<void> {
  await scene.lookAgain()
  await scene.untilCopied(value)
}

/** Secrets: credentials and targets. */
export const SECRET_TRIALS: readonly Trial[] = [
  {
    right: 'get secrets',
    role,
    without:
      'Credentials in Secrets are not read: their stores are `AuthenticationFailed`. Nor are Secrets that templates are in, or that are about to be adopted or made anew.',
    missing: async (scene) => {
      const ref = (key: string): object => ({ name: 'kms-key', key })
      const KMSAuth = { accessKey: ref('id'), accessKeySecret: ref('secret') }
      await scene.apply('SecretStore', scene.name, { KMS: { KMSAuth } })
      await scene.untilSays('secretstores', 'AuthenticationFailed', 'give its ServiceAccount the verb get on secrets')
    },
    mended: async (scene) => {
      await scene.untilReason('secretstores', scene.name, 'Ready', 120_000)
    },
  },
  ...watchedCollection({
    resource: 'secrets',
    role,
    unnoticed: 'Secrets that somebody has edited or deleted are not restored until their value changes.',
    prepare: copied,
    change: async (scene) => {
      await scene.place.request('DELETE', scene.secretPath(scene.name))
    },
    expectUnnoticed: (scene) => scene.expectSecret(undefined),
    untilNoticed: (scene) => scene.untilCopied(),
  }),
  {
    right: 'create secrets',
    role,
    without: 'There are no new Secrets: ExternalSecrets are `WriteFailed` and name the right.',
    missing: async (scene) => {
      await scene.copy()
      await untilDenied(scene, 'create')
      await scene.expectSecret(undefined)
    },
    mended: (scene) => untilCopied(scene),
  },
  {
    right: 'patch secrets',
    role,
    without: 'Secrets keep their values: ExternalSecrets are `WriteFailed` and name the right.',
    prepare: copied,
    missing: async (scene) => {
      await scene.put('two')
      await untilDenied(scene, 'patch')
      await scene.expectSecret('one')
    },
    mended: (scene) => untilCopied(scene, 'two'),
  },
  {
    right: 'delete secrets',
    role,
    without:
      'Immutable Secrets, and those of another type, are not made anew: ExternalSecrets are `WriteFailed` and name the right. The former Secret stays where `target.name` has changed.',
    prepare: async (scene) => {
      await scene.copy({ target: { immutable: true } })
      await scene.untilCopied()
    },
    missing: async (scene) => {
      const uid = (await scene.secret(scene.name))?.metadata.uid
      await scene.put('two')
      await untilDenied(scene, 'delete')
      assert.equal((await scene.secret(scene.name))?.metadata.uid, uid)
    },
    mended: (scene) => untilCopied(scene, 'two'),
  },
]
