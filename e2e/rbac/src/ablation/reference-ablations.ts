import { PROVIDER_ARN } from '@ack-secret-manager/e2e-install/install-environment'
import { roleArn } from '@ack-secret-manager/testenv'
import type { Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'
import { namedObjects } from './watched-collections.ts'

const role = 'namespaces'
const STORES = 'secretstores'

async function template(fixture: AblationFixture, a: string): Promise<void> {
  await fixture.applyObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: fixture.name }, data: { a } })
}

async function templated(fixture: AblationFixture): Promise<void> {
  await template(fixture, 'before')
  await fixture.copy({
    target: { template: { templateFrom: [{ configMap: { name: fixture.name, items: [{ key: 'a' }] } }] } },
  })
}

async function untilRendered(fixture: AblationFixture, a: string): Promise<void> {
  // Without a watch it takes up to a minute.
  await fixture.untilSecret(fixture.name, { a }, 120_000)
}

async function account(fixture: AblationFixture, ramRole: string): Promise<void> {
  const metadata = { name: fixture.name, annotations: { 'ack.alibabacloud.com/role-arn': roleArn(ramRole) } }
  await fixture.applyObject({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
}

/** A store with a ServiceAccount that two roles trust. */
async function storeOfAccount(fixture: AblationFixture): Promise<void> {
  for (const each of ['before', 'after']) await fixture.environment.trust(each, fixture.cluster.namespace, fixture.name)
  await account(fixture, 'before')
  const serviceAccountRef = { name: fixture.name }
  await fixture.apply('SecretStore', fixture.name, {
    KMS: { KMSAuth: { oidcProviderARN: PROVIDER_ARN, serviceAccountRef } },
  })
}

const untilReadsAs = (fixture: AblationFixture, ramRole: string): Promise<void> =>
  fixture.untilSays(STORES, 'Ready', `role ${roleArn(ramRole)} `)

const untilDenied = (fixture: AblationFixture, permission: string): Promise<void> =>
  fixture.untilSays(STORES, 'AuthenticationFailed', `grant its ServiceAccount ${permission} in this namespace`)

/** Objects that resources refer to: ConfigMaps and ServiceAccounts. */
export const REFERENCE_ABLATIONS: readonly Ablation[] = [
  {
    permission: 'get configmaps',
    role,
    effect:
      'Templates in ConfigMaps are not read: ExternalSecrets show `TemplateError`, and the message names the permission.',
    missing: async (fixture) => {
      await templated(fixture)
      await fixture.untilSays('externalsecrets', 'TemplateError', 'get, list and watch on configmaps')
      await fixture.expectSecret(undefined)
    },
    restored: async (fixture) => {
      await fixture.requestRefresh()
      await untilRendered(fixture, 'before')
    },
  },
  ...namedObjects({
    resource: 'configmaps',
    role,
    unnoticed: 'A changed template in a ConfigMap is noticed within a minute instead of at once.',
    prepare: async (fixture) => {
      await templated(fixture)
      await untilRendered(fixture, 'before')
    },
    change: (fixture) => template(fixture, 'after'),
    expectUnnoticed: (fixture) => untilRendered(fixture, 'before'),
    untilNoticed: (fixture) => untilRendered(fixture, 'after'),
  }),
  {
    permission: 'get serviceaccounts',
    role,
    effect: 'Stores with `serviceAccountRef` show `AuthenticationFailed`, and the message names the permission.',
    missing: async (fixture) => {
      await storeOfAccount(fixture)
      await untilDenied(fixture, 'get on serviceaccounts')
    },
    restored: (fixture) => untilReadsAs(fixture, 'before'),
  },
  ...namedObjects({
    resource: 'serviceaccounts',
    role,
    unnoticed: 'A new role of a ServiceAccount is noticed within a minute instead of at once.',
    prepare: async (fixture) => {
      await storeOfAccount(fixture)
      await untilReadsAs(fixture, 'before')
    },
    change: (fixture) => account(fixture, 'after'),
    expectUnnoticed: (fixture) => untilReadsAs(fixture, 'before'),
    untilNoticed: (fixture) => untilReadsAs(fixture, 'after'),
  }),
  {
    permission: 'create serviceaccounts/token',
    role,
    effect: 'Stores with `serviceAccountRef` show `AuthenticationFailed`, and the message names the permission.',
    missing: async (fixture) => {
      await storeOfAccount(fixture)
      await untilDenied(fixture, 'create on serviceaccounts/token')
    },
    restored: (fixture) => untilReadsAs(fixture, 'before'),
  },
]
