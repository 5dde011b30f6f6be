import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { Scene } from './testing/scene.ts'

describeCluster('endpoints that ExternalSecrets name beside those of their stores', { timeout: 240_000 }, () => {
  const cluster = useCluster()

  it('are refused beyond the places of the namespace, and given as soon as somebody leaves one', async () => {
    await using scene = await Scene.open({ ...cluster, secrets: { db: 'one' } })
    // Another name of the same place: another endpoint.
    const elsewhere = scene.simulator.endpoint.replace('127.0.0.1', 'localhost')
    // Nobody listens there, which takes no time to find out.
    const nowhere = Array.from({ length: 64 }, (_, index) => `127.0.1.${index + 1}:9`)
    const operator = await scene.operator('--allow-endpoint', [elsewhere, ...nowhere].join())
    await operator.leading()
    const entry = (name: string, kmsEndpoint: string): object => ({
      key: 'db',
      name,
      kmsEndpoint,
      secretStoreRef: { name: 'kms' },
    })
    const places = nowhere.map((endpoint, index) => entry(`k${index}`, endpoint))
    await scene.apply('ExternalSecret', 'greedy', { data: places })
    await scene.untilReason('externalsecrets', 'greedy', 'Unavailable')
    await scene.apply('ExternalSecret', 'late', { data: [entry('password', elsewhere)] })
    await scene.untilReason('externalsecrets', 'late', 'InvalidSpec')
    expect((await scene.ready('externalsecrets', 'late'))?.message).toContain(
      `kmsEndpoint: namespace ${cluster.namespace} already uses 64 endpoints besides those of its stores, which is the limit`,
    )
    await scene.externalSecret('other', { password: 'db' })
    await scene.untilReason('externalsecrets', 'other', 'Synced')

    await scene.apply('ExternalSecret', 'greedy', { data: places.slice(1) })
    await scene.untilReason('externalsecrets', 'late', 'Synced')
    await scene.untilSecret('late', { password: 'one' })
  })
})
