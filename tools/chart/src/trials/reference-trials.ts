import { PROVIDER_ARN, roleArn } from '../stage.ts'
import type { Trial } from './trial.ts'
import type { TrialScene } from './trial-scene.ts'
import { namedObjects } from './watched-collections.ts'

const role = 'namespaces'
const STORES = 'secretstores'

async function template(scene: TrialScene, a: string): Promise<void> {
  await scene.applyObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: scene.name }, data: { a } })
}

async function templated(scene: TrialScene): Promise<void> {
  await template(scene, 'before')
  await scene.copy({
    target: { template: { templateFrom: [{ configMap: { name: scene.name, items: [{ key: 'a' }] } }] } },
  })
}

async function untilRendered(scene: TrialScene, a: string): Promise<void> {
  // Without a watch it takes up to a minute.
  await scene.untilSecret(scene.name, { a }, 120_000)
}

async function account(scene: TrialScene, ramRole: string): Promise<void> {
  const metadata = { name: scene.name, annotations: { 'ack.alibabacloud.com/role-arn': roleArn(ramRole) } }
  await scene.applyObject({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
}

/** A store that reads as a ServiceAccount which two roles trust. */
async function storeOfAccount(scene: TrialScene): Promise<void> {
  for (const each of ['before', 'after']) await scene.stage.trust(each, scene.place.namespace, scene.name)
  await account(scene, 'before')
  const serviceAccountRef = { name: scene.name }
  await scene.apply('SecretStore', scene.name, {
    KMS: { KMSAuth: { oidcProviderARN: PROVIDER_ARN, serviceAccountRef } },
  })
}

const untilReadsAs = (scene: TrialScene, ramRole: string): Promise<void> =>
  scene.untilSays(STORES, 'Ready', `role ${roleArn(ramRole)} `)

const untilDenied = (scene: TrialScene, right: string): Promise<void> =>
  scene.untilSays(STORES, 'AuthenticationFailed', `the verb ${right} there`)

/** What resources refer to: ConfigMaps and ServiceAccounts. */
export const REFERENCE_TRIALS: readonly Trial[] = [
  {
    right: 'get configmaps',
    role,
    without: 'Templates in ConfigMaps are not read: their ExternalSecrets are `TemplateError` and name the right.',
    missing: async (scene) => {
      await templated(scene)
      await scene.untilSays('externalsecrets', 'TemplateError', 'get, list and watch on configmaps')
      await scene.expectSecret(undefined)
    },
    mended: async (scene) => {
      await scene.lookAgain()
      await untilRendered(scene, 'before')
    },
  },
  ...namedObjects({
    resource: 'configmaps',
    role,
    unnoticed: 'A template that has changed in its ConfigMap is noticed within a minute instead of at once.',
    prepare: async (scene) => {
      await templated(scene)
      await untilRendered(scene, 'before')
    },
    change: (scene) => template(scene, 'after'),
    expectUnnoticed: (scene) => untilRendered(scene, 'before'),
    untilNoticed: (scene) => untilRendered(scene, 'after'),
  }),
  {
    right: 'get serviceaccounts',
    role,
    without: 'Stores with `serviceAccountRef` are `AuthenticationFailed` and name the right.',
    missing: async (scene) => {
      await storeOfAccount(scene)
      await untilDenied(scene, 'get on serviceaccounts')
    },
    mended: (scene) => untilReadsAs(scene, 'before'),
  },
  ...namedObjects({
    resource: 'serviceaccounts',
    role,
    unnoticed: 'A ServiceAccount that was given another role is noticed within a minute instead of at once.',
    prepare: async (scene) => {
      await storeOfAccount(scene)
      await untilReadsAs(scene, 'before')
    },
    change: (scene) => account(scene, 'after'),
    expectUnnoticed: (scene) => untilReadsAs(scene, 'before'),
    untilNoticed: (scene) => untilReadsAs(scene, 'after'),
  }),
  {
    right: 'create serviceaccounts/token',
    role,
    without: 'Stores with `serviceAccountRef` are `AuthenticationFailed` and name the right.',
    missing: async (scene) => {
      await storeOfAccount(scene)
      await untilDenied(scene, 'create on serviceaccounts/token')
    },
    mended: (scene) => untilReadsAs(scene, 'before'),
  },
]
