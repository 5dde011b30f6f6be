import assert from 'node:assert/strict'
import type { Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'
import { ownResource } from './own-resource.ts'
import { watchedCollection } from './watched-collections.ts'

const role = 'cluster'
const MAKERS = 'clusterexternalsecrets'

async function makeStore(fixture: AblationFixture): Promise<void> {
  const ref = (key: string): object => ({ name: 'kms-key', namespace: fixture.cluster.namespace, key })
  const KMSAuth = { accessKey: ref('id'), accessKeySecret: ref('secret') }
  await fixture.apply('ClusterSecretStore', fixture.name, { KMS: { KMSAuth } })
}

/** A ClusterExternalSecret for the namespace of the ablation, or for others. */
async function makeFor(
  fixture: AblationFixture,
  namespaces: readonly string[] = [fixture.cluster.namespace],
): Promise<void> {
  await fixture.put('one')
  await fixture.apply('ClusterExternalSecret', fixture.name, {
    externalSecretName: fixture.name,
    externalSecretSpec: fixture.spec,
    conditions: [{ namespaces }],
  })
}

const made = (fixture: AblationFixture): string => fixture.resourcePath('externalsecrets', fixture.name)

/** A ClusterExternalSecret that has created its ExternalSecret. */
async function maker(fixture: AblationFixture): Promise<void> {
  await makeFor(fixture)
  await fixture.untilExists(made(fixture))
  await fixture.untilSays(MAKERS, 'Provisioned', '')
}

const takeAway = (fixture: AblationFixture): Promise<unknown> =>
  fixture.patch(MAKERS, { spec: { conditions: [{ namespaces: [] }] } })

const edit = (fixture: AblationFixture): Promise<unknown> =>
  fixture.patch('externalsecrets', { spec: { rotationInterval: '1h' } })

async function isEdited(fixture: AblationFixture): Promise<boolean> {
  const { body } = await fixture.cluster.request<{ spec: object }>('GET', made(fixture))
  return 'rotationInterval' in body.spec
}

async function untilPutBack(fixture: AblationFixture): Promise<void> {
  await fixture.until('the edit is put back', async () => !(await isEdited(fixture)))
}

/** The namespace is listed as failed, with the message of the API server. */
async function untilFailed(fixture: AblationFixture, verb: string): Promise<void> {
  await fixture.until(`says that it may not ${verb}`, async () => {
    const { body } = await fixture.cluster.request<{ status?: { failedNamespaces?: { reason: string }[] } }>(
      'GET',
      fixture.resourcePath(MAKERS, fixture.name),
    )
    return body.status?.failedNamespaces?.some(({ reason }) => reason.includes(`cannot ${verb} resource`)) === true
  })
}

const untilMade = (fixture: AblationFixture): Promise<void> => fixture.untilExists(made(fixture))
const expectNotMade = async (fixture: AblationFixture): Promise<void> =>
  assert.equal(await fixture.environment.has(made(fixture)), false)

/** Cluster-scoped resources. */
export const CLUSTER_ABLATIONS: readonly Ablation[] = [
  ...watchedCollection({
    resource: 'clustersecretstores',
    role,
    unnoticed:
      'ClusterSecretStores that are created or changed after the start are not noticed: ExternalSecrets show `StoreNotFound`.',
    change: async (fixture) => {
      await makeStore(fixture)
      await fixture.put('one')
      const secretStoreRef = { kind: 'ClusterSecretStore', name: fixture.name }
      await fixture.apply('ExternalSecret', fixture.name, {
        data: [{ key: fixture.name, name: 'password', secretStoreRef }],
      })
      await fixture.untilSays('externalsecrets', 'StoreNotFound', fixture.name)
    },
    expectUnnoticed: (fixture) => fixture.expectSecret(undefined),
    untilNoticed: (fixture) => fixture.untilCopied(),
  }),
  ...ownResource('clustersecretstores', { role, make: makeStore, kept: 'Secrets are still read through the store.' }),
  {
    permission: `list ${MAKERS}`,
    role,
    effect: 'ClusterExternalSecrets create nothing; everything else works.',
    atStart: true,
    missing: async (fixture) => {
      await makeFor(fixture)
      await (await fixture.start()).leading()
      await fixture.untilRefused()
      await expectNotMade(fixture)
    },
    restored: untilMade,
  },
  ...watchedCollection({
    resource: MAKERS,
    role,
    unnoticed: 'ClusterExternalSecrets that are created or changed after the start are not noticed.',
    change: (fixture) => makeFor(fixture),
    expectUnnoticed: expectNotMade,
    untilNoticed: untilMade,
  }).filter(({ permission }) => permission.startsWith('watch')),
  ...ownResource(MAKERS, { role, make: (fixture) => makeFor(fixture), kept: 'ExternalSecrets are still created.' }),
  {
    permission: 'create externalsecrets',
    role,
    effect: 'ClusterExternalSecrets create nothing: `failedNamespaces` names the permission.',
    missing: async (fixture) => {
      await makeFor(fixture)
      await untilFailed(fixture, 'create')
      await expectNotMade(fixture)
    },
    restored: untilMade,
  },
  {
    permission: 'get externalsecrets',
    role,
    effect:
      'ExternalSecrets of ClusterExternalSecrets are neither restored nor deleted: `failedNamespaces` names the permission.',
    prepare: maker,
    missing: async (fixture) => {
      await edit(fixture)
      await untilFailed(fixture, 'get')
      assert.equal(await isEdited(fixture), true)
    },
    restored: untilPutBack,
  },
  {
    permission: 'update externalsecrets',
    role,
    effect: 'ExternalSecrets of ClusterExternalSecrets are not restored: `failedNamespaces` names the permission.',
    prepare: maker,
    missing: async (fixture) => {
      await edit(fixture)
      await untilFailed(fixture, 'update')
      assert.equal(await isEdited(fixture), true)
    },
    restored: untilPutBack,
  },
  {
    permission: 'delete externalsecrets',
    role,
    effect: 'ExternalSecrets of ClusterExternalSecrets stay in namespaces that are no longer selected.',
    prepare: maker,
    missing: async (fixture) => {
      await takeAway(fixture)
      await untilFailed(fixture, 'delete')
      assert.equal(await fixture.environment.has(made(fixture)), true)
    },
    restored: (fixture) => fixture.untilExists(made(fixture), false),
  },
  ...watchedCollection({
    resource: 'namespaces',
    role,
    unnoticed: 'ClusterExternalSecrets ignore namespaces and labels that are added after the start.',
    prepare: async (fixture) => {
      await makeFor(fixture, [`new-${fixture.name}`])
    },
    change: async (fixture) => {
      await fixture.environment.namespace(`new-${fixture.name}`)
    },
    expectUnnoticed: async (fixture) => assert.equal(await fixture.environment.has(inNew(fixture)), false),
    untilNoticed: (fixture) => fixture.untilExists(inNew(fixture)),
  }),
]

const inNew = (fixture: AblationFixture): string =>
  made(fixture).replace(`/${fixture.cluster.namespace}/`, `/new-${fixture.name}/`)
