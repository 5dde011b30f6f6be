import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestEnvironment } from '@ack-secret-manager/testenv'

const NAME = 'merged'
interface Created {
  readonly metadata: { readonly creationTimestamp: string }
}

/** How long the operator waits for the owner. */
const WAIT_MS = 10_000

describeCluster('a Secret of another owner with merged keys', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment

  const makeTheirs = (): Promise<{ status: number }> =>
    cluster.request('POST', `/api/v1/namespaces/${cluster.namespace}/secrets`, {
      metadata: { name: NAME },
      data: { theirs: btoa('x') },
    })

  beforeAll(async () => {
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: { secrets: { [NAME]: 'one', clock: 'one', cleared: 'one' } },
    })
    await makeTheirs()
    await env.externalSecret(NAME, { key: NAME }, { target: { creationPolicy: 'Merge' } })
    await env.externalSecret('clock', { key: 'clock' })
    await env.operator('--kms-qps=0', '--polling-interval=1s')
    await env.untilSecret(NAME, { key: 'one', theirs: 'x' })
  })
  afterAll(() => env[Symbol.asyncDispose]())

  it('can be deleted and recreated by its owner', async () => {
    const deletedMs = Date.now()
    expect((await cluster.request('DELETE', env.secretPath(NAME))).status).toBe(200)
    // After this wait the operator has seen the deletion and could have created the Secret.
    await env.simulator.put('clock', 'two')
    await env.untilSecret('clock', { key: 'two' })
    const { status } = await makeTheirs()
    if (status !== 201) {
      // On a busy machine the operator creates it before its owner, but not before the end of its wait.
      expect(status).toBe(409)
      const { body } = await cluster.request<Created>('GET', env.secretPath(NAME))
      // Creation times are whole seconds.
      expect(Date.parse(body.metadata.creationTimestamp) - deletedMs).toBeGreaterThan(WAIT_MS - 1_000)
      const patched = await cluster.request('PATCH', env.secretPath(NAME), { data: { theirs: btoa('x') } })
      expect(patched.status).toBe(200)
    }
    await env.untilSecret(NAME, { key: 'one', theirs: 'x' })
  })

  it('keeps its keys and follows KMS after its managedFields were cleared', async () => {
    const [name, type] = ['cleared', 'kubernetes.io/tls']
    const theirs = { 'tls.crt': 'crt', 'tls.key': 'key' }
    const apply = (secrets: Readonly<Record<string, string>>): Promise<void> =>
      env.externalSecret(name, secrets, { type, target: { creationPolicy: 'Merge' } })
    await cluster.request('POST', env.secretPath(''), { metadata: { name }, type, stringData: theirs })
    await apply({ key: name })
    await env.untilSecret(name, { ...theirs, key: 'one' })
    const cleared = await cluster.request('PATCH', env.secretPath(name), { metadata: { managedFields: [{}] } })
    expect(cleared.status).toBe(200)
    await env.simulator.put(name, 'two')
    await env.untilSecret(name, { ...theirs, key: 'two' })
    await apply({ key: name, 'tls.key': 'clock' })
    const { message } = await env.untilReason('externalsecrets', name, 'TargetConflict')
    expect(message).toContain('another user or controller set key tls.key; rename it in the spec')
    await env.untilSecret(name, { ...theirs, key: 'two' })
  })

  it('can have a type whose keys only its owner sets', async () => {
    const theirs = { 'tls.crt': 'crt', 'tls.key': 'key' }
    const type = 'kubernetes.io/tls'
    const body = { metadata: { name: 'typed' }, type, stringData: theirs }
    await cluster.request('POST', env.secretPath(''), body)
    await env.externalSecret('typed', { key: NAME }, { type, target: { creationPolicy: 'Merge' } })
    await env.untilSecret('typed', { ...theirs, key: 'one' })
  })

  it.each(['Merge', 'Adopt'])(
    'is not changed with %s if it is immutable, and is created once a user has deleted it',
    async (creationPolicy) => {
      const name = `fixed-${creationPolicy.toLowerCase()}`
      await cluster.request('POST', env.secretPath(''), {
        metadata: { name },
        immutable: true,
        data: { theirs: btoa('x') },
      })
      await env.externalSecret(name, { key: NAME }, { target: { creationPolicy } })
      const { message } = await env.untilReason('externalsecrets', name, 'TargetConflict')
      expect(message).toContain('it is immutable (immutable: true); delete it so that it is recreated')
      await cluster.request('DELETE', env.secretPath(name))
      await env.untilSecret(name, { key: 'one' })
    },
  )
})
