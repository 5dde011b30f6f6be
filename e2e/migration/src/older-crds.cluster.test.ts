import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { ACCESS_KEY, accessKeyStore, apply, TestEnvironment, textsOf, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'

const NAMES = ['generated', 'renamed']
const NEW_FIELDS = ['generate', 'target']
/** The second one follows the status of the first one. */
const VALUES = [
  ['two', 'v2'],
  ['three', 'v3'],
] as const

interface Stored {
  readonly metadata: { readonly resourceVersion: string }
  readonly spec: object
}

/** The CRD of a kind without some of its fields, as of an older version. */
function olderCrd(kind: string, fields: readonly string[]): ReturnType<typeof crds>[number] {
  const crd = structuredClone(crds().find(({ spec }) => spec.names.kind === kind) ?? expect.fail())
  const spec = crd.spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'] as {
    properties: Record<string, object>
    'x-kubernetes-validations': readonly object[]
  }
  for (const field of fields) delete spec.properties[field]
  spec['x-kubernetes-validations'] = []
  return crd
}

describeCluster('an older CRD under a running operator', { timeout: 240_000 }, () => {
  let env: TestEnvironment

  beforeAll(async () => {
    env = await TestEnvironment.start({
      controlPlane: {},
      seed: { secrets: { db: 'one', theirs: 'two' } },
      operators: [[]],
    })
    const generate = [{ name: 'made', password: { length: 20 } }]
    await env.externalSecret('generated', { password: 'db' }, { generate })
    await env.externalSecret('renamed', { password: 'db' }, { target: { name: 'other' } })
    for (const name of NAMES) await env.untilReason('externalsecrets', name, 'Synced')
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  const stored = async (name: string, plural = 'externalsecrets'): Promise<Stored | undefined> => {
    const { status, body } = await env.cluster.request<Stored>('GET', env.resourcePath(plural, name))
    return status === 200 ? body : undefined
  }

  it('removes no key and no Secret whose field it prunes, and values are still refreshed', async () => {
    const { made = '' } = textsOf((await env.secret('generated')) ?? expect.fail())
    const uid = (await env.secret('other'))?.metadata.uid
    await apply(env.cluster.request, olderCrd('ExternalSecret', NEW_FIELDS))
    for (const name of NAMES) {
      await until(`the fields of ${name} are pruned`, async () => {
        const object = await stored(name)
        return object !== undefined && NEW_FIELDS.every((field) => !(field in object.spec))
      })
      // The watch delivers the pruned resource.
      await env.cluster.request('PATCH', env.resourcePath('externalsecrets', name), {
        metadata: { labels: { seen: 'yes' } },
      })
    }
    for (const [password, version] of VALUES) {
      await env.simulator.put('db', password, version)
      await env.untilSecret('generated', { password, made })
      const other = await env.untilSecret('other', { password })
      expect(other.metadata.uid).toBe(uid)
    }
    expect(await env.secret('renamed')).toBeUndefined()
  })

  it('does not open a store whose `allow` it prunes', async () => {
    const store = { ...accessKeyStore('kms-key'), allow: [{ secrets: ['db'] }] }
    await env.apply('SecretStore', 'narrow', store)
    await env.untilReason('secretstores', 'narrow', 'Ready')
    const data = [{ key: 'theirs', name: 'password', secretStoreRef: { name: 'narrow' } }]
    await env.apply('ExternalSecret', 'excluded', { data })
    await env.untilReason('externalsecrets', 'excluded', 'StoreNotAllowed')
    await apply(env.cluster.request, olderCrd('SecretStore', ['allow']))
    await until('the field is pruned', async () => {
      const object = await stored('narrow', 'secretstores')
      return object !== undefined && !('allow' in object.spec)
    })
    // The watch delivers the pruned store, and the next Ready shows that the store was reconnected.
    await env.cluster.request('PATCH', env.resourcePath('secretstores', 'narrow'), {
      metadata: { labels: { seen: 'yes' } },
    })
    for (const [secret, reason] of [
      ['wrong', 'AuthenticationFailed'],
      [ACCESS_KEY.secret, 'Ready'],
    ] as const) {
      await env.putSecret('kms-key', { ...ACCESS_KEY, secret })
      await env.untilReason('secretstores', 'narrow', reason)
    }
    await env.apply('ExternalSecret', 'excluded', { data, rotationInterval: '7s' })
    await until('the ExternalSecret is synced again', async () => {
      const { body } = await env.cluster.request<{ status: { observedGeneration: number } }>(
        'GET',
        env.resourcePath('externalsecrets', 'excluded'),
      )
      return body.status.observedGeneration === 2
    })
    expect(await env.ready('externalsecrets', 'excluded')).toMatchObject({ reason: 'StoreNotAllowed' })
    expect(await env.secret('excluded')).toBeUndefined()
  })
})
