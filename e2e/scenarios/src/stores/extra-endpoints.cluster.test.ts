import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { TestEnvironment } from '@ack-secret-manager/testenv'

describeCluster('endpoints of ExternalSecrets in addition to those of their stores', { timeout: 240_000 }, () => {
  const cluster = useCluster()

  it('are rejected beyond the quota of the namespace, and admitted when a slot is released', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    // Another name of the same host is another endpoint.
    const elsewhere = env.simulator.endpoint.replace('127.0.0.1', 'localhost')
    // No server listens there, so connections fail at once.
    const nowhere = Array.from({ length: 64 }, (_, index) => `127.0.1.${index + 1}:9`)
    await env.leader('--allow-endpoint', [elsewhere, ...nowhere].join())
    const entry = (name: string, kmsEndpoint: string): object => ({
      key: 'db',
      name,
      kmsEndpoint,
      secretStoreRef: { name: 'kms' },
    })
    const places = nowhere.map((endpoint, index) => entry(`k${index}`, endpoint))
    await env.apply('ExternalSecret', 'greedy', { data: places })
    await env.untilReason('externalsecrets', 'greedy', 'Unavailable')
    await env.apply('ExternalSecret', 'late', { data: [entry('password', elsewhere)] })
    await env.untilReason('externalsecrets', 'late', 'InvalidSpec')
    expect((await env.ready('externalsecrets', 'late'))?.message).toContain(
      `kmsEndpoint: namespace ${cluster.namespace} already uses 64 endpoints besides those of its stores, which is the limit`,
    )
    await env.externalSecret('other', { password: 'db' })
    await env.untilReason('externalsecrets', 'other', 'Synced')

    await env.apply('ExternalSecret', 'greedy', { data: places.slice(1) })
    await env.untilReason('externalsecrets', 'late', 'Synced')
    await env.untilSecret('late', { password: 'one' })
  })
})
