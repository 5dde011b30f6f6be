import assert from 'node:assert/strict'
import type { Trial } from './trial.ts'
import type { TrialScene } from './trial-scene.ts'
import { ownResource } from './own-resource.ts'
import { watchedCollection } from './watched-collections.ts'

const role = 'cluster'
const MAKERS = 'clusterexternalsecrets'

async function makeStore(scene: TrialScene): Promise<void> {
  const ref = (key: string): object => ({ name: 'kms-key', namespace: scene.place.namespace, key })
  const KMSAuth = { accessKey: ref('id'), accessKeySecret: ref('secret') }
  await scene.apply('ClusterSecretStore', scene.name, { KMS: { KMSAuth } })
}

/** A ClusterExternalSecret for the namespace of the trial, or for others. */
async function makeFor(scene: TrialScene, namespaces: readonly string[] = [scene.place.namespace]): Promise<void> {
  await scene.put('one')
  await scene.apply('ClusterExternalSecret', scene.name, {
    externalSecretName: scene.name,
    externalSecretSpec: scene.spec,
    conditions: [{ namespaces }],
  })
}

const made = (scene: TrialScene): string => scene.resourcePath('externalsecrets', scene.name)

/** One that has made its ExternalSecret. */
async function maker(scene: TrialScene): Promise<void> {
  await makeFor(scene)
  await scene.untilThere(made(scene))
  await scene.untilSays(MAKERS, 'Provisioned', '')
}

const takeAway = (scene: TrialScene): Promise<unknown> =>
  scene.patch(MAKERS, { spec: { conditions: [{ namespaces: [] }] } })

const edit = (scene: TrialScene): Promise<unknown> =>
  scene.patch('externalsecrets', { spec: { rotationInterval: '1h' } })

async function isEdited(scene: TrialScene): Promise<boolean> {
  const { body } = await scene.place.request<{ spec: object }>('GET', made(scene))
  return 'rotationInterval' in body.spec
}

async function untilPutBack(scene: TrialScene): Promise<void> {
  await scene.until('the edit is put back', async () => !(await isEdited(scene)))
}

/** The namespace is among those that failed, and the reason is the API server's. */
async function untilFailed(scene: TrialScene, verb: string): Promise<void> {
  await scene.until(`says that it may not ${verb}`, async () => {
    const { body } = await scene.place.request<{ status?: { failedNamespaces?: { reason: string }[] } }>(
      'GET',
      scene.resourcePath(MAKERS, scene.name),
    )
    return body.status?.failedNamespaces?.some(({ reason }) => reason.includes(`cannot ${verb} resource`)) === true
  })
}

const untilMade = (scene: TrialScene): Promise<void> => scene.untilThere(made(scene))
const expectNotMade = async (scene: TrialScene): Promise<void> =>
  assert.equal(await scene.stage.has(made(scene)), false)

/** What is above namespaces. */
export const CLUSTER_TRIALS: readonly Trial[] = [
  ...watchedCollection({
    resource: 'clustersecretstores',
    role,
    unnoticed:
      'New and changed ClusterSecretStores are not noticed while it is missing, but for those that are there at a start: ExternalSecrets are `StoreNotFound`.',
    change: async (scene) => {
      await makeStore(scene)
      await scene.put('one')
      const secretStoreRef = { kind: 'ClusterSecretStore', name: scene.name }
      await scene.apply('ExternalSecret', scene.name, { data: [{ key: scene.name, name: 'password', secretStoreRef }] })
      await scene.untilSays('externalsecrets', 'StoreNotFound', scene.name)
    },
    expectUnnoticed: (scene) => scene.expectSecret(undefined),
    untilNoticed: (scene) => scene.untilCopied(),
  }),
  ...ownResource('clustersecretstores', { role, make: makeStore, kept: 'It is read through all the same.' }),
  {
    right: `list ${MAKERS}`,
    role,
    without: 'ClusterExternalSecrets make nothing; the rest works.',
    atStart: true,
    missing: async (scene) => {
      await makeFor(scene)
      await (await scene.start()).leading()
      await scene.untilRefused()
      await expectNotMade(scene)
    },
    mended: untilMade,
  },
  ...watchedCollection({
    resource: MAKERS,
    role,
    unnoticed:
      'New and changed ClusterExternalSecrets are not noticed while it is missing, but for those that are there at a start.',
    change: (scene) => makeFor(scene),
    expectUnnoticed: expectNotMade,
    untilNoticed: untilMade,
  }).filter(({ right }) => right.startsWith('watch')),
  ...ownResource(MAKERS, { role, make: (scene) => makeFor(scene), kept: 'ExternalSecrets are made all the same.' }),
  {
    right: 'create externalsecrets',
    role,
    without: 'ClusterExternalSecrets make nothing: `failedNamespaces` names the right.',
    missing: async (scene) => {
      await makeFor(scene)
      await untilFailed(scene, 'create')
      await expectNotMade(scene)
    },
    mended: untilMade,
  },
  {
    right: 'get externalsecrets',
    role,
    without:
      'What ClusterExternalSecrets have made is neither put right nor taken away: `failedNamespaces` names the right.',
    prepare: maker,
    missing: async (scene) => {
      await edit(scene)
      await untilFailed(scene, 'get')
      assert.equal(await isEdited(scene), true)
    },
    mended: untilPutBack,
  },
  {
    right: 'update externalsecrets',
    role,
    without: 'What ClusterExternalSecrets have made is not put right: `failedNamespaces` names the right.',
    prepare: maker,
    missing: async (scene) => {
      await edit(scene)
      await untilFailed(scene, 'update')
      assert.equal(await isEdited(scene), true)
    },
    mended: untilPutBack,
  },
  {
    right: 'delete externalsecrets',
    role,
    without: 'What ClusterExternalSecrets have made stays in namespaces that they no longer select.',
    prepare: maker,
    missing: async (scene) => {
      await takeAway(scene)
      await untilFailed(scene, 'delete')
      assert.equal(await scene.stage.has(made(scene)), true)
    },
    mended: (scene) => scene.untilThere(made(scene), false),
  },
  ...watchedCollection({
    resource: 'namespaces',
    role,
    unnoticed: 'New namespaces get no ExternalSecret of ClusterExternalSecrets, and new labels count for nothing.',
    prepare: async (scene) => {
      await makeFor(scene, [`new-${scene.name}`])
    },
    change: async (scene) => {
      await scene.stage.namespace(`new-${scene.name}`)
    },
    expectUnnoticed: async (scene) => assert.equal(await scene.stage.has(inNew(scene)), false),
    untilNoticed: (scene) => scene.untilThere(inNew(scene)),
  }),
]

const inNew = (scene: TrialScene): string => made(scene).replace(`/${scene.place.namespace}/`, `/new-${scene.name}/`)
