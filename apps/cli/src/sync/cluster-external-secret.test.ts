import path from 'node:path'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { folderWith, treeOf } from '../testing/files.ts'
import { useKms } from '../testing/kms.ts'
import { clusterStoreYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, run } from '../testing/run.ts'

const kms = useKms()

const namespace = (name: string, labels: object): string =>
  stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
const everywhere = stringify({
  apiVersion: 'alibabacloud.com/v1alpha1',
  kind: 'ClusterExternalSecret',
  metadata: { name: 'everywhere' },
  spec: {
    conditions: [{ namespaceSelector: { matchLabels: { team: 'x' } } }],
    externalSecretSpec: {
      data: [{ key: 'app/token', name: 'token', secretStoreRef: { name: 'shared', kind: 'ClusterSecretStore' } }],
      target: { name: 'token' },
    },
  },
})
// The store requires another label.
const stores = [storeYaml(), clusterStoreYaml(undefined, [{ namespaceSelector: { matchLabels: { level: 'high' } } }])]
const manifests = [
  ...stores,
  namespace('a', { team: 'x', level: 'high' }),
  namespace('b', { team: 'x' }),
  namespace('c', { team: 'y', level: 'high' }),
  everywhere,
].join('---\n')

it('is written in each selected namespace; a store may still refuse it', async () => {
  const cwd = await folderWith({ 'all.yaml': manifests })
  const { code, out, err } = await run(['sync', '-f', 'all.yaml', '--out', 'out', ...kms.flags], { cwd })
  expect(out).toMatch(/^a +everywhere +True +Synced +1/m)
  expect(out).toMatch(/^b +everywhere +False +StoreNotAllowed +0/m)
  expect(out).not.toMatch(/^c /m)
  expect([code, err]).toEqual([1, ''])
  expect(await treeOf(path.join(cwd, 'out'))).toEqual({
    'a/token/token': Buffer.from(`${CANARY}-token\nsecond line`),
  })
})

it('is rendered in each namespace', async () => {
  const cwd = await folderWith({ 'all.yaml': manifests })
  const { out } = await run(['render', '-f', 'all.yaml', ...kms.flags], { cwd })
  expect(out).toContain('  name: token\n  namespace: a\n')
  expect(out).not.toContain('namespace: c')
})
