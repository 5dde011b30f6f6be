import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { apply, TestEnvironment, textsOf, until } from '@ack-secret-manager/testenv'
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

/** The CRD of ExternalSecrets without some of its fields, as of an older version. */
function olderCrd(): ReturnType<typeof crds>[number] {
  const crd = structuredClone(crds().find(({ spec }) => spec.names.kind === 'ExternalSecret') ?? expect.fail())
  const spec = crd.spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'] as {
    properties: Record<string, object>
    'x-kubernetes-validations': readonly object[]
  }
  for (const field of NEW_FIELDS) delete spec.properties[field]
  spec['x-kubernetes-validations'] = []
  return crd
}

describeCluster('an older CRD under a running operator', { timeout: 240_000 }, () => {
  let env: TestEnvironment

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: {}, seed: { secrets: { db: 'one' } }, operators: [[]] })
    const generate = [{ name: 'made', password: { length: 20 } }]
    await env.externalSecret('generated', { password: 'db' }, { generate })
    await env.externalSecret('renamed', { password: 'db' }, { target: { name: 'other' } })
    for (const name of NAMES) await env.untilReason('externalsecrets', name, 'Synced')
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  const stored = async (name: string): Promise<Stored | undefined> => {
    const { status, body } = await env.cluster.request<Stored>('GET', env.resourcePath('externalsecrets', name))
    return status === 200 ? body : undefined
  }

  it('removes no key and no Secret whose field it prunes, and values are still refreshed', async () => {
    const { made = '' } = textsOf((await env.secret('generated')) ?? expect.fail())
    const uid = (await env.secret('other'))?.metadata.uid
    await apply(env.cluster.request, olderCrd())
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
})
