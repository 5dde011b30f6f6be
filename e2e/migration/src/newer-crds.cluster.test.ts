import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { ACCESS_KEY, accessKeyStore, apply, TestEnvironment, textsOf } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** A field that a newer version has. */
const NEW_FIELD = 'later'
const GENERATE = { generate: [{ name: 'made', password: { length: 20 } }] }

/** The CRDs with one more field in each spec, as of a newer version. */
function newerCrds(): ReturnType<typeof crds> {
  return structuredClone(crds()).map((crd) => {
    const spec = crd.spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec']
    Object.assign(spec?.properties ?? {}, { [NEW_FIELD]: { type: 'array', items: { type: 'string' } } })
    return crd
  })
}

describeCluster('an older operator under a newer CRD', { timeout: 240_000 }, () => {
  let env: TestEnvironment

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: {}, seed: { secrets: { db: 'one' } }, operators: [[]] })
    await env.externalSecret('made', { password: 'db' }, GENERATE)
    await env.untilReason('externalsecrets', 'made', 'Synced')
    await env.operators[0]?.stop()
    for (const crd of newerCrds()) await apply(env.cluster.request, crd)
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  it('keeps the keys of a resource, uses no store and writes nothing elsewhere, if the spec has a field that it does not know', async () => {
    const before = (await env.secret('made')) ?? expect.fail()
    // The newer version has the key from its new field.
    const spec = { generate: null, [NEW_FIELD]: ['made'] }
    const changed = await env.cluster.request('PATCH', env.resourcePath('externalsecrets', 'made'), { spec })
    expect(changed.status).toBe(200)
    // It may limit what the store allows.
    await env.putSecret('limited-key', { ...ACCESS_KEY })
    await env.apply('SecretStore', 'limited', { ...accessKeyStore('limited-key'), [NEW_FIELD]: ['nothing'] })
    await env.apply('ExternalSecret', 'limited', {
      data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'limited' } }],
    })
    const pushed = { selector: { name: 'made' }, data: [{ key: 'pushed', secretKey: 'made' }] }
    await env.apply('PushSecret', 'pushed', { secretStoreRef: { name: 'kms' }, ...pushed, [NEW_FIELD]: ['not'] })
    await env.apply('ClusterExternalSecret', 'many', { externalSecretSpec: GENERATE, [NEW_FIELD]: ['nowhere'] })
    await env.externalSecret('plain', { password: 'db' })
    await env.simulator.put('db', 'two', 'v2')
    await env.leader('--process-push-secret')
    await env.untilSecret('plain', { password: 'two' })
    const { message } = await env.untilReason('externalsecrets', 'made', 'InvalidSpec')
    expect(message).toContain(`spec.${NEW_FIELD}: unknown field`)
    const after = (await env.secret('made')) ?? expect.fail()
    expect([textsOf(after), after.metadata.resourceVersion]).toEqual([textsOf(before), before.metadata.resourceVersion])
    await env.untilReason('secretstores', 'limited', 'InvalidSpec')
    await env.untilReason('pushsecrets', 'pushed', 'InvalidSpec')
    await env.untilReason('clusterexternalsecrets', 'many', 'InvalidSpec')
    expect((await env.simulator.calls({ secret: 'pushed' })).total).toBe(0)
    expect(await env.secret('many')).toBeUndefined()
    expect((await env.ready('externalsecrets', 'limited'))?.status).not.toBe('True')
    expect(await env.secret('limited')).toBeUndefined()
  })
})
