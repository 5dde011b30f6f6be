import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ApiClient, openApi } from './api-client.ts'
import type { ControlPlane } from './control-plane.ts'
import { LaggingApiServer } from './lagging-api-server.ts'
import { startControlPlane } from './start-control-plane.ts'
import { describeCluster } from './testing.ts'

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
/** Longer than the whole test. */
const FOR_EVER_MS = 600_000

describeCluster('a lagging API server', () => {
  let plane: ControlPlane
  let server: LaggingApiServer
  let lagging: ApiClient

  beforeAll(async () => {
    plane = await startControlPlane({ controllerManager: false })
    server = await LaggingApiServer.start(plane)
    lagging = openApi((await plane.kubeconfig()).replace(plane.url, server.url))
  }, 300_000)
  afterAll(async () => {
    await lagging.close()
    await server[Symbol.asyncDispose]()
    await plane.stop()
  })

  it('shows an older state from its cache, and the newest from etcd', async () => {
    const create = (name: string) =>
      plane.request('POST', CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
    const cached = () =>
      lagging.request<{ items: { metadata: { name: string } }[] }>('GET', `${CONFIG_MAPS}?resourceVersion=0`)
    await create('seen')
    await expect.poll(async () => (await cached()).body.items.map(({ metadata }) => metadata.name)).toContain('seen')

    server.lag(FOR_EVER_MS)
    expect((await create('unseen')).status).toBe(201)
    expect((await lagging.request('GET', `${CONFIG_MAPS}/unseen`)).status).toBe(200)
    expect((await cached()).body.items.map(({ metadata }) => metadata.name)).not.toContain('unseen')
    // Its own writes are in etcd at once.
    expect((await lagging.request('DELETE', `${CONFIG_MAPS}/seen`)).status).toBe(200)
    expect((await plane.request('GET', `${CONFIG_MAPS}/seen`)).status).toBe(404)
    expect((await cached()).body.items.map(({ metadata }) => metadata.name)).toContain('seen')
  }, 120_000)
})
