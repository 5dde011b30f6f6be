import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { KubeConfig } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { ObjectWatch } from './object-watch.ts'

const WAIT = { timeout: 60_000, interval: 5 }

describeCluster('ObjectWatch with permissions for one Secret', () => {
  const cluster = useCluster()
  const { signal } = new AbortController()
  const reported: string[] = []
  const faults: string[] = []
  const directory = directoryOfTests()
  let watch: ObjectWatch

  const admin = useFixture(() => KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath }))
  const client = useFixture(async () => KubeClient.fromKubeConfig({ kubeconfigPath: await kubeconfigOf('watcher') }))
  beforeAll(async () => {
    // The API server applies a new Role with a delay.
    const query = { fieldSelector: 'metadata.name=mine' }
    await vi.waitFor(() => client.list(`/api/v1/namespaces/${cluster.namespace}/secrets`, { query, signal }), WAIT)
    watch = new ObjectWatch({
      client,
      path: '/api/v1/secrets',
      onChange: (_owners, { name }) => reported.push(name),
      onFault: ({ error }) => faults.push(error.message),
    })
  })
  afterAll(async () => {
    await watch.close()
  })

  /** Client of a ServiceAccount with `list` and `watch` on the Secret `mine`. */
  async function kubeconfigOf(name: string): Promise<string> {
    const home = `/namespaces/${cluster.namespace}`
    const rbac = 'rbac.authorization.k8s.io'
    await admin.create(`/api/v1${home}/serviceaccounts`, { metadata: { name } }, { signal })
    const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['mine'], verbs: ['list', 'watch'] }]
    await admin.create(`/apis/${rbac}/v1${home}/roles`, { metadata: { name }, rules }, { signal })
    const roleRef = { apiGroup: rbac, kind: 'Role', name }
    const subjects = [{ kind: 'ServiceAccount', name, namespace: cluster.namespace }]
    await admin.create(`/apis/${rbac}/v1${home}/rolebindings`, { metadata: { name }, roleRef, subjects }, { signal })
    const { status } = await admin.create<{ status?: { token: string } }>(
      `/api/v1${home}/serviceaccounts/${name}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
      { signal },
    )
    const config = new KubeConfig()
    config.loadFromFile(cluster.kubeconfigPath)
    config.users = config.users.map((user) => ({ name: user.name, token: status?.token ?? '' }))
    const file = path.join(directory, 'kubeconfig')
    await writeFile(file, config.exportConfig(), { mode: 0o600 })
    return file
  }

  it('reports its creation, change, deletion and recreation', async () => {
    const secrets = `/api/v1/namespaces/${cluster.namespace}/secrets`
    watch.refer('store', [{ namespace: cluster.namespace, name: 'mine' }])
    const seen = (times: number): Promise<void> =>
      vi.waitFor(() => expect(reported).toEqual(Array(times).fill('mine')), WAIT)
    await admin.create(secrets, { metadata: { name: 'other' } }, { signal })
    await admin.create(secrets, { metadata: { name: 'mine' } }, { signal })
    await seen(1)
    await admin.mergePatch(`${secrets}/mine`, { stringData: { key: 'value' } }, { signal })
    await seen(2)
    await admin.delete(`${secrets}/mine`, { signal })
    await seen(3)
    await admin.create(secrets, { metadata: { name: 'mine' } }, { signal })
    await seen(4)
    expect(faults).toEqual([])
  })
})
