import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Scene } from './testing/scene.ts'

const DEADLINE_MS = 60_000
const NAME = 'merged'

describeCluster('a Secret that others have made, and keys are merged into', { timeout: 2 * DEADLINE_MS }, () => {
  const cluster = useCluster()
  let scene: Scene

  const makeTheirs = (): Promise<{ status: number }> =>
    cluster.request('POST', `/api/v1/namespaces/${cluster.namespace}/secrets`, {
      metadata: { name: NAME },
      data: { theirs: btoa('x') },
    })

  beforeAll(async () => {
    scene = await Scene.open({ ...cluster, secrets: { [NAME]: 'one', clock: 'one' } })
    await makeTheirs()
    await scene.externalSecret(NAME, { key: NAME }, { target: { creationPolicy: 'Merge' } })
    await scene.externalSecret('clock', { key: 'clock' })
    await scene.operator('--kms-qps=0', '--polling-interval=1s')
    await scene.untilSecret(NAME, { key: 'one', theirs: 'x' })
  }, DEADLINE_MS)
  afterAll(() => scene[Symbol.asyncDispose]())

  it('can be deleted and created again by them', async () => {
    expect((await cluster.request('DELETE', scene.secretPath(NAME))).status).toBe(200)
    // By then the operator has seen the deletion, and had time to create the Secret.
    await scene.simulator.put('clock', 'two')
    await scene.untilSecret('clock', { key: 'two' })
    expect(await makeTheirs()).toMatchObject({ status: 201 })
    await scene.untilSecret(NAME, { key: 'one', theirs: 'x' })
  })
})
