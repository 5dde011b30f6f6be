import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestEnvironment } from '@ack-secret-manager/testenv'

const NAME = 'merged'
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
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { [NAME]: 'one', clock: 'one' } } })
    await makeTheirs()
    await env.externalSecret(NAME, { key: NAME }, { target: { creationPolicy: 'Merge' } })
    await env.externalSecret('clock', { key: 'clock' })
    await env.operator('--kms-qps=0', '--polling-interval=1s')
    await env.untilSecret(NAME, { key: 'one', theirs: 'x' })
  })
  afterAll(() => env[Symbol.asyncDispose]())

  it('can be deleted and recreated by its owner', async () => {
    const deletedMs = performance.now()
    expect((await cluster.request('DELETE', env.secretPath(NAME))).status).toBe(200)
    // After this wait the operator has seen the deletion and could have created the Secret.
    await env.simulator.put('clock', 'two')
    await env.untilSecret('clock', { key: 'two' })
    const { status } = await makeTheirs()
    if (status !== 201) {
      // The operator may create it after its wait, which a busy machine can take until here.
      expect([status, performance.now() - deletedMs > WAIT_MS]).toEqual([409, true])
      await cluster.request('PATCH', env.secretPath(NAME), { data: { theirs: btoa('x') } })
    }
    await env.untilSecret(NAME, { key: 'one', theirs: 'x' })
  })
})
