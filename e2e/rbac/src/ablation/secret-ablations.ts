import assert from 'node:assert/strict'
import type { Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'
import { watchedCollection } from './watched-collections.ts'

const role = 'namespaces'

/** Waits until the ExternalSecret reports the missing permission. */
function untilDenied(fixture: AblationFixture, verb: string): Promise<void> {
  return fixture.untilSays('externalsecrets', 'WriteFailed', `grant verb "${verb}" on "secrets"`)
}

async function copied(fixture: AblationFixture): Promise<void> {
  await fixture.copy()
  await fixture.untilCopied()
}

async function untilCopied(fixture: AblationFixture, value?: string): Promise<void> {
  await fixture.requestRefresh()
  await fixture.untilCopied(value)
}

/** Secrets: credentials and targets. */
export const SECRET_ABLATIONS: readonly Ablation[] = [
  {
    permission: 'get secrets',
    role,
    effect:
      'Credentials and templates in Secrets are not read: stores show `AuthenticationFailed`. Adoptions and recreations fail. Unless `rbac.scope` is `Namespaced`, a restarted operator exits.',
    missing: async (fixture) => {
      const ref = (key: string): object => ({ name: 'kms-key', key })
      const KMSAuth = { accessKey: ref('id'), accessKeySecret: ref('secret') }
      await fixture.apply('SecretStore', fixture.name, { KMS: { KMSAuth } })
      await fixture.untilSays('secretstores', 'AuthenticationFailed', 'grant its ServiceAccount get on secrets')
    },
    restored: async (fixture) => {
      await fixture.untilReason('secretstores', fixture.name, 'Ready', 120_000)
    },
  },
  ...watchedCollection({
    resource: 'secrets',
    role,
    unnoticed: 'Secrets that a user edits or deletes are not restored until their value changes.',
    prepare: copied,
    change: async (fixture) => {
      await fixture.cluster.request('DELETE', fixture.secretPath(fixture.name))
    },
    expectUnnoticed: (fixture) => fixture.expectSecret(undefined),
    untilNoticed: (fixture) => fixture.untilCopied(),
  }),
  {
    permission: 'create secrets',
    role,
    effect: 'No Secret is created: ExternalSecrets show `WriteFailed`, and the message names the permission.',
    missing: async (fixture) => {
      await fixture.copy()
      await untilDenied(fixture, 'create')
      await fixture.expectSecret(undefined)
    },
    restored: (fixture) => untilCopied(fixture),
  },
  {
    permission: 'patch secrets',
    role,
    effect: 'Secrets keep their values: ExternalSecrets show `WriteFailed`, and the message names the permission.',
    prepare: copied,
    missing: async (fixture) => {
      await fixture.put('two')
      await untilDenied(fixture, 'patch')
      await fixture.expectSecret('one')
    },
    restored: (fixture) => untilCopied(fixture, 'two'),
  },
  {
    permission: 'delete secrets',
    role,
    effect:
      'Secrets are not recreated: ExternalSecrets show `WriteFailed`, and the message names the permission. After a change of `target.name` the former Secret stays.',
    prepare: async (fixture) => {
      await fixture.copy({ target: { immutable: true } })
      await fixture.untilCopied()
    },
    missing: async (fixture) => {
      const uid = (await fixture.secret(fixture.name))?.metadata.uid
      await fixture.put('two')
      await untilDenied(fixture, 'delete')
      assert.equal((await fixture.secret(fixture.name))?.metadata.uid, uid)
    },
    restored: (fixture) => untilCopied(fixture, 'two'),
  },
]
