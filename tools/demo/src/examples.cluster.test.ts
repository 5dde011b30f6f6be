import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { collectionPath, installCrds, type Manifest, readManifests } from '@ack-secret-manager/testenv'
import { beforeAll, expect, it } from 'vitest'

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url))
/** Seeds are for the simulator, everything else is for `kubectl apply`. */
const FILES = globSync('{quickstart,access}/*.yaml', { cwd: EXAMPLES })
  .filter((file) => !file.endsWith('seed.yaml'))
  .toSorted()

describeCluster('examples on a real API server', () => {
  const cluster = useCluster()
  const create = (object: Manifest) =>
    cluster.request('POST', `${collectionPath(object, cluster.namespace)}?fieldValidation=Strict`, object)

  beforeAll(async () => {
    await installCrds(cluster.request, crds())
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
})
