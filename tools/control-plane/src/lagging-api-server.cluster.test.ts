import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ApiClient, openApi, readKubeconfig } from './api-client.ts'
import { LaggingApiServer } from './lagging-api-server.ts'
import { describeCluster, useCluster } from './testing.ts'

/** Longer than the whole test. */
const FOR_EVER_MS = 600_000

describeCluster('a lagging API server', () => {
  const cluster = useCluster()
  const configMaps = `/api/v1/namespaces/${cluster.namespace}/configmaps`
  let server: LaggingApiServer
  let lagging: ApiClient

  beforeAll(async () => {
    const { kubeconfigPath } = cluster
    const kubeconfig = await readFile(kubeconfigPath, 'utf8')
    const { server: url } = readKubeconfig(kubeconfig)
    const dataDir = path.dirname(kubeconfigPath)
    server = await LaggingApiServer.start({ dataDir, url, kubeconfig: async () => kubeconfig })
    lagging = openApi(kubeconfig.replace(url, server.url))
  }, 300_000)
  afterAll(async () => {
    await lagging?.close()
    await server?.[Symbol.asyncDispose]()
  })

  it('shows an older state from its cache, and the newest from etcd', async () => {
    const create = (name: string) =>
      cluster.request('POST', configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
    const cached = () =>
      lagging.request<{ items: { metadata: { name: string } }[] }>('GET', `${configMaps}?resourceVersion=0`)
    await create('seen')
    await expect.poll(async () => (await cached()).body.items.map(({ metadata }) => metadata.name)).toContain('seen')

    server.lag(FOR_EVER_MS)
    expect((await create('unseen')).status).toBe(201)
    expect((await lagging.request('GET', `${configMaps}/unseen`)).status).toBe(200)
    expect((await cached()).body.items.map(({ metadata }) => metadata.name)).not.toContain('unseen')
    // Its own writes are in etcd at once.
    expect((await lagging.request('DELETE', `${configMaps}/seen`)).status).toBe(200)
    expect((await cluster.request('GET', `${configMaps}/seen`)).status).toBe(404)
    expect((await cached()).body.items.map(({ metadata }) => metadata.name)).toContain('seen')
  }, 120_000)
})
