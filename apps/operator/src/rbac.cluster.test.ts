import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { apply, readManifests } from '@ack-secret-manager/testbed'
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
      expect(await operator.stop()).toBe(0)
      expect(operator.program.lines.filter((line) => line.includes('403') || line.includes('orbidden'))).toEqual([])
      expect(await operator.program.exited).toBe(0)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})
