import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { kubectlBinary } from '@ack-secret-manager/chart/programs/kubectl-binary'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { apply, collectionPath, installCrds, type Manifest, readManifests } from '@ack-secret-manager/testenv'
import { beforeAll, expect, it } from 'vitest'

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url))
const FILES = globSync('{quickstart,access}/*.yaml', { cwd: EXAMPLES }).toSorted()
/** Folders with manifests. Seeds are data of the KMS simulator. */
const FOLDERS = [...new Set(globSync('{*,*/manifests}/*.yaml', { cwd: EXAMPLES }).map((file) => path.dirname(file)))]
  .filter((folder) => folder !== 'seeds')
  .toSorted()
/** Namespaces that the manifests expect or create. A dry run creates none, so that the objects in them would be refused. */
const NAMESPACES = ['platform', 'shop', 'team-a', 'team-b']

describeCluster('examples on a real API server', () => {
  const cluster = useCluster()
  const create = (object: Manifest) =>
    cluster.request('POST', `${collectionPath(object, cluster.namespace)}?fieldValidation=Strict`, object)

  let kubectl: string
  beforeAll(async () => {
    kubectl = await kubectlBinary()
    await installCrds(cluster.request, crds())
    for (const name of NAMESPACES) {
      await apply(cluster.request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    }
  })

  it.each(FILES)('%s: the API server accepts each object with every field', async (file) => {
    const objects = await readManifests(`${EXAMPLES}${file}`)
    expect(objects).not.toEqual([])
    for (const object of objects) expect(await create(object)).toMatchObject({ status: 201 })
  })

  it('rejects an unknown field', async () => {
    const [store] = await readManifests(`${EXAMPLES}quickstart/secret-store.yaml`)
    if (store === undefined) throw new Error('the store of the quickstart is gone')
    const odd = { ...store, metadata: { name: 'odd' }, spec: { KMS: {}, typo: true } }
    const { status, body } = await create(odd)
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining('spec.typo')])
  })

  it.each(FOLDERS)('kubectl apply -f examples/%s/ accepts each file', async (folder) => {
    const files = globSync('*.yaml', { cwd: `${EXAMPLES}${folder}` })
    const objects = await Promise.all(files.map((file) => readManifests(`${EXAMPLES}${folder}/${file}`)))
    const flags = ['--kubeconfig', cluster.kubeconfigPath, '--dry-run=server', '-o', 'name']
    const { status, stdout, stderr } = spawnSync(kubectl, ['apply', '-f', folder, ...flags], {
      cwd: EXAMPLES,
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) as string })
    expect(stdout.trim().split('\n')).toHaveLength(objects.flat().length)
  })
})
