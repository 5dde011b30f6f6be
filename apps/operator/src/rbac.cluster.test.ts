import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { apply, readManifests, until } from '@ack-secret-manager/testbed'
import { expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { Scene } from './testing/scene.ts'

const MANIFEST = fileURLToPath(new URL('../../../examples/install/rbac.yaml', import.meta.url))

interface Kubeconfig {
  users: [{ name: string; user: Record<string, string> }]
  [field: string]: unknown
}

describeCluster('examples/install/rbac.yaml', () => {
  const cluster = useCluster()

  it('gives the operator all the rights that it uses', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-rbac-'))
    try {
      await using scene = await Scene.open({ ...cluster, secrets: { db: 'one' } })
      for (const object of await readManifests(MANIFEST)) await apply(cluster.request, object, 'kube-system')
      const { body } = await cluster.request<{ status: { token: string } }>(
        'POST',
        '/api/v1/namespaces/kube-system/serviceaccounts/ack-secret-manager/token',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
      )
      const kubeconfig = parse(await readFile(cluster.kubeconfigPath, 'utf8')) as Kubeconfig
      kubeconfig.users[0].user = { token: body.status.token }
      const file = path.join(directory, 'kubeconfig')
      await writeFile(file, stringify(kubeconfig), { mode: 0o600 })

      const operator = await scene.operatorAs(file, '--leader-election-namespace', 'kube-system')
      await operator.leading()
      await scene.externalSecret('rights', { password: 'db' })
      await scene.untilSecret('rights', { password: 'one' })
      await scene.untilReason('externalsecrets', 'rights', 'Synced')
      await scene.untilReason('secretstores', 'kms', 'Ready')
      await scene.externalSecret('rights', { password: 'db' }, { target: { name: 'renamed' } })
      await scene.untilSecret('renamed', { password: 'one' })
      const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'tpl' } }
      await scene.applyObject({ ...configMap, data: { a: '{{ .password }}' } })
      const template = { templateFrom: [{ configMap: { name: 'tpl', items: [{ key: 'a' }] } }] }
      await scene.externalSecret('templated', { password: 'db' }, { target: { template } })
      await scene.untilSecret('templated', { a: 'one' })
      await scene.applyObject({ ...configMap, data: { a: 'x' } })
      await scene.untilSecret('templated', { a: 'x' })
      await scene.apply('ClusterExternalSecret', cluster.namespace, {
        externalSecretName: 'made',
        externalSecretSpec: { data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }] },
        conditions: [{ namespaces: [cluster.namespace] }],
      })
      await scene.untilSecret('made', { password: 'one' })
      await scene.untilReason('clusterexternalsecrets', cluster.namespace, 'Provisioned')
      const made = scene.resourcePath('externalsecrets', 'made')
      const merge = { contentType: 'application/merge-patch+json' }
      await cluster.request('PATCH', made, { spec: { rotationInterval: '1h' } }, merge)
      await until('the edit is put back', async () => {
        const { body: found } = await cluster.request<{ spec: object }>('GET', made)
        return !('rotationInterval' in found.spec)
      })
      const maker = scene.resourcePath('clusterexternalsecrets', cluster.namespace)
      await cluster.request('PATCH', maker, { spec: { conditions: [{ namespaces: [] }] } }, merge)
      await until('it is taken away', async () => (await cluster.request('GET', made)).status === 404)
      await cluster.request('DELETE', maker)
      const finalizers = ['finalizer.ack.secrets-manager.alibabacloud.com']
      const store = scene.resourcePath('secretstores', 'kms')
      await cluster.request('PATCH', store, { metadata: { finalizers } }, merge)
      await until('the finalizer of the Go operator is off', async () => {
        const { body: found } = await cluster.request<{ metadata: object }>('GET', store)
        return !('finalizers' in found.metadata)
      })
      expect(await operator.stop()).toBe(0)
      expect(operator.program.lines.filter((line) => line.includes('403') || line.includes('orbidden'))).toEqual([])
      expect(await operator.program.exited).toBe(0)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})
