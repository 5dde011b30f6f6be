import { kubeconfigOf, readKubeconfig } from '@ack-secret-manager/control-plane'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { createProxyCertificates, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { FaultProxy } from '@ack-secret-manager/test-support/fault-proxy'
import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const LEASE = ['--lease-duration', '12s']

describeCluster('a standby whose watch of ExternalSecrets is half open', { timeout: 300_000 }, () => {
  const cluster = useCluster()

  it('leads with the current ExternalSecrets: no key of a new one or of a new spec is removed', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    const { kubeconfigPath } = await env.clusterAdmin('standby')
    const direct = readKubeconfig(await readFile(kubeconfigPath, 'utf8'))
    const keys = await createProxyCertificates()
    await using proxy = await FaultProxy.open({ service: 'api', target: direct.server, caPem: direct.caPem, keys })
    const identity = { token: direct.token ?? '' }
    const proxied = kubeconfigOf({ url: proxy.url, caPem: keys.caPem, user: 'standby', identity })
    await writeFile(kubeconfigPath, proxied, { mode: 0o600 })
    const leader = await env.leader(...LEASE)
    const standby = await env.replica({ args: LEASE, kubeconfigPath })
    await standby.standingBy()
    const watch = await until('the standby watches ExternalSecrets', async () =>
      [...proxy.watches].find(({ path }) => path.includes('/externalsecrets')),
    )
    await env.externalSecret('changed', { db: 'db' })
    await env.untilSecret('changed', { db: 'one' })
    watch.freeze()

    const metadata = { name: 'merged', namespace: cluster.namespace }
    await env.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata, data: { theirs: btoa('x') } })
    const generate = [{ name: 'password', password: {} }]
    await env.apply('ExternalSecret', 'merged', { generate, target: { creationPolicy: 'Merge' } })
    await env.externalSecret('changed', { db: 'db' }, { generate })
    const passwordOf = async (name: string): Promise<string | undefined> => (await env.secret(name))?.data?.['password']
    const names = ['merged', 'changed']
    const passwords = await Promise.all(names.map((name) => until(`the password of ${name}`, () => passwordOf(name))))
    leader.program.kill('SIGKILL')
    await standby.leading()
    await env.externalSecret('later', { db: 'db' })
    await env.untilSecret('later', { db: 'one' })
    expect(await Promise.all(names.map(passwordOf))).toEqual(passwords)
  })
})
