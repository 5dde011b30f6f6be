import { expect, it } from 'vitest'
import { describeCluster, useCluster } from './testing.ts'

describeCluster('a shared cluster', () => {
  const mine = useCluster()
  const other = useCluster()

  it('creates a separate namespace with its ServiceAccount for each file', async () => {
    expect(mine.namespace).toMatch(/^t-testing-[0-9a-f]{8}$/)
    expect(other.namespace).not.toBe(mine.namespace)
    for (const { request, namespace } of [mine, other]) {
      expect((await request('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`)).status).toBe(200)
    }
  })

  it('accepts a merge patch, and other patches by their content type', async () => {
    const secrets = `/api/v1/namespaces/${mine.namespace}/secrets`
    await mine.request('POST', secrets, { metadata: { name: 'a' }, stringData: { key: 'value' } })
    const patched = await mine.request('PATCH', `${secrets}/a`, { metadata: { labels: { b: 'c' } } })
    expect(patched).toMatchObject({
      status: 200,
      body: { metadata: { labels: { b: 'c' } }, data: { key: 'dmFsdWU=' } },
    })
    const operations = [{ op: 'remove', path: '/data/key' }]
    const contentType = 'application/json-patch+json'
    expect(await mine.request('PATCH', `${secrets}/a`, operations, { contentType })).toMatchObject({ status: 200 })
  })
})
