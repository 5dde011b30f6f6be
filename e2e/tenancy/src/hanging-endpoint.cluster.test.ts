import { appendFile } from 'node:fs/promises'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { startTestServer } from '@ack-secret-manager/test-support/test-server'
import { accessKeyStore, NamespaceObjects, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

describeCluster('a tenant whose endpoint does not respond', { timeout: 240_000 }, () => {
  const victim = useCluster()
  const hostile = useCluster()

  it('delays no other namespace, with one worker', async () => {
    await using env = await TestEnvironment.start({ controlPlane: victim, seed: { secrets: { db: 'one' } } })
    const { keyPem: key, chainPem: cert, rootPem } = await issueServerCertificate(['127.0.0.1'])
    let closed = 0
    const server = env.use(
      await startTestServer((response) => void response.on('close', () => (closed += 1)), { key, cert }),
    )
    await appendFile(env.simulator.caFile, rootPem)
    const operator = await env.replica({
      namespaces: [victim.namespace, hostile.namespace],
      args: ['--concurrency=1', `--allow-endpoint=${server.endpoint}`],
    })
    await operator.leading()

    const tenant = new NamespaceObjects(hostile)
    await tenant.putSecret('kms-key', { id: 'LTAI5tTenant', secret: 'tenant-secret' })
    await tenant.apply('SecretStore', 'own', accessKeyStore('kms-key', undefined, { endpoint: server.endpoint }))
    for (const name of ['a', 'b', 'c']) {
      await tenant.apply('ExternalSecret', name, { data: [{ key: name, name, secretStoreRef: { name: 'own' } }] })
    }
    await until('the operator reads there', async () => server.seen.length > 0)
    await env.externalSecret('web', { password: 'db' })
    await env.untilSecret('web', { password: 'one' })
    expect({ seen: server.seen.length, closed }).toEqual({ seen: 1, closed: 0 })
  })
})
