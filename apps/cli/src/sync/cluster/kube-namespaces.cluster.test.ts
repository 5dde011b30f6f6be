import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { folderWith } from '../../testing/files.ts'
import { useKms } from '../../testing/kms.ts'
import { clusterStoreYaml, storeYaml } from '../../testing/manifests.ts'
import { run } from '../../testing/run.ts'

describeCluster('sync --kube with a ClusterExternalSecret', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  const kms = useKms()
  const others = ['a', 'b'].map((letter) => `${cluster.namespace}-${letter}`)

  beforeAll(async () => {
    for (const [index, name] of others.entries()) {
      const metadata = { name, labels: { 'acksm-test': `${cluster.namespace}-${index}` } }
      await cluster.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata })
    }
  })
  afterAll(async () => {
    for (const name of others) await cluster.request('DELETE', `/api/v1/namespaces/${name}`)
  })

  it('writes into the namespaces of the cluster that it selects', async () => {
    const matchLabels = { 'acksm-test': `${cluster.namespace}-0` }
    const everywhere = stringify({
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ClusterExternalSecret',
      metadata: { name: 'everywhere' },
      spec: {
        conditions: [{ namespaceSelector: { matchLabels } }],
        externalSecretSpec: {
          data: [{ key: 'app/token', name: 'token', secretStoreRef: { name: 'shared', kind: 'ClusterSecretStore' } }],
        },
      },
    })
    const cwd = await folderWith({ 'all.yaml': [storeYaml(), clusterStoreYaml(), everywhere].join('---\n') })
    const where = ['--kube', '--kubeconfig', cluster.kubeconfigPath, '-n', 'default']
    const { code, out } = await run(['sync', '-f', 'all.yaml', ...where, ...kms.flags, '--output', 'json'], { cwd })
    expect(JSON.parse(out)).toMatchObject({ resources: [{ namespace: others[0], name: 'everywhere', ready: true }] })
    expect(code).toBe(0)
    const statuses = others.map((name) => cluster.request('GET', `/api/v1/namespaces/${name}/secrets/everywhere`))
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 404])
  })
})
