import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isKubeApiError } from './kube-api-error.ts'
import { Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { KubeClient } from './kube-client.ts'
import { kubeconfigCredentials } from '../credentials/kubeconfig.ts'
import type { KubeRequestStats } from './kube-request.ts'
import { ACCEPT_METADATA, ACCEPT_METADATA_LIST } from './media-types.ts'

describeCluster('KubeClient on a real API server', () => {
  const cluster = useCluster()
  const requests: KubeRequestStats[] = []
  const { signal } = new AbortController()
  let client: KubeClient
  let secrets: string

  beforeAll(async () => {
    client = await KubeClient.fromKubeConfig({
      kubeconfigPath: cluster.kubeconfigPath,
      onRequest: (request) => requests.push(request),
    })
    secrets = `/api/v1/namespaces/${cluster.namespace}/secrets`
  })
  afterAll(() => client.close())

  const secret = (name: string, data: Record<string, string> = {}): object => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    data,
  })
  const refused = async (call: Promise<unknown>): Promise<unknown> => {
    const error = await call.then(
      () => 'it was accepted',
      (thrown: unknown) => thrown,
    )
    return isKubeApiError(error) ? { status: error.status, reason: error.reason } : error
  }

  it('creates, reads, patches and deletes, and reports each request by verb and resource', async () => {
    requests.length = 0
    const created = await client.create(secrets, secret('life', { a: 'MQ==' }), { signal })
    expect(created.metadata.managedFields?.[0]).toMatchObject({ manager: 'ack-secret-manager', operation: 'Update' })
    const patched = await client.mergePatch(`${secrets}/life`, { data: { a: null, b: 'Mg==' } }, { signal })
    expect(patched.data).toEqual({ b: 'Mg==' })
    const again = await client.mergePatch(`${secrets}/life`, { data: { b: 'Mg==' } }, { signal })
    expect(again.metadata.resourceVersion).toBe(patched.metadata.resourceVersion)
    const metadata = await client.get(`${secrets}/life`, { accept: ACCEPT_METADATA, signal })
    expect(metadata).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'life' } })
    expect(metadata).not.toHaveProperty('data')
    await client.delete(`${secrets}/life`, { signal })
    expect(await refused(client.get(`${secrets}/life`, { signal }))).toEqual({ status: 404, reason: 'NotFound' })
    expect(requests.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)).toEqual([
      'create secrets 201',
      'patch secrets 200',
      'patch secrets 200',
      'get secrets 200',
      'delete secrets 200',
      'get secrets 404',
    ])
  })

  it.each([ACCEPT_METADATA_LIST, undefined])('lists no objects as an empty list (%s)', async (accept) => {
    const query = { fieldSelector: 'metadata.name=none' }
    const { items } = await client.list(secrets, { query, signal, ...(accept !== undefined && { accept }) })
    expect(items).toEqual([])
  })

  it('connects at once after its CA was replaced, also watches', async () => {
    const source = await kubeconfigCredentials(cluster)
    const { rootPem } = await issueServerCertificate(['127.0.0.1'])
    for (const call of [
      (replaced: KubeClient) => replaced.list(secrets, { signal }),
      (replaced: KubeClient) => replaced.stream({ path: secrets, query: { watch: true }, signal }),
    ]) {
      const clock = new ManualClock()
      let ca: Buffer | undefined = Buffer.from(rootPem)
      const load: typeof source.load = async (options) => {
        const credentials = await source.load(options)
        return ca === undefined ? credentials : { ...credentials, tls: { ...credentials.tls, ca } }
      }
      await using replaced = new KubeClient({ credentials: { ...source, load }, clock })
      await expect(call(replaced)).rejects.toMatchObject({ facts: { certificateRejected: true } })
      ca = undefined
      await clock.advance(2_000)
      await call(replaced)
    }
  })

  it('lists pages, as whole objects or metadata', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await client.create(secrets, secret(name), { signal })
    const first = await client.list(secrets, { query: { limit: 2 }, accept: ACCEPT_METADATA_LIST, signal })
    const rest = await client.list(secrets, {
      query: { limit: 2, continue: first.metadata.continue },
      accept: ACCEPT_METADATA_LIST,
      signal,
    })
    expect([...first.items, ...rest.items].map((item) => item.metadata.name)).toEqual(['page-1', 'page-2', 'page-3'])
    expect(first.items[0]).not.toHaveProperty('data')
  })

  it('sends preconditions that the API server enforces', async () => {
    const { metadata } = await client.create(secrets, secret('guarded', { a: 'MQ==' }), { signal })
    const url = `${secrets}/guarded`
    expect(await refused(client.create(secrets, secret('guarded'), { signal }))).toEqual({
      status: 409,
      reason: 'AlreadyExists',
    })
    const stale = { metadata: { resourceVersion: '1' }, data: { a: 'Mg==' } }
    expect(await refused(client.mergePatch(url, stale, { signal }))).toEqual({ status: 409, reason: 'Conflict' })
    const foreign = { metadata: { uid: '0b2c1d3e-0000-4000-8000-000000000000' }, data: { a: 'Mg==' } }
    expect(await refused(client.mergePatch(url, foreign, { signal }))).toEqual({ status: 422, reason: 'Invalid' })
    // A DELETE without its body would delete the wrong object.
    const wrong = { uid: '0b2c1d3e-0000-4000-8000-000000000000' }
    expect(await refused(client.delete(url, { preconditions: wrong, signal }))).toEqual({
      status: 409,
      reason: 'Conflict',
    })
    const uid = String(metadata.uid)
    // A dry run deletes nothing, and is rejected like the deletion.
    await client.delete(url, { preconditions: { uid }, dryRun: true, signal })
    const tried = client.delete(url, { preconditions: wrong, dryRun: true, signal })
    expect(await refused(tried)).toEqual({ status: 409, reason: 'Conflict' })
    expect((await client.get(url, { signal })).metadata.uid).toBe(uid)
    await client.delete(url, { preconditions: { uid }, signal })
    expect(await refused(client.get(url, { signal }))).toEqual({ status: 404, reason: 'NotFound' })
  })

  it('keeps values out of the error when the API server quotes them', async () => {
    const value = 'c2VjcmV0IGNhbmFyeQ=='
    const bad = { ...secret('quoted', { ok: value }), immutable: 'canary-8d1f' }
    const tls = { ...secret('quoted', { 'tls.crt': value }), type: 'kubernetes.io/tls' }
    const wrongKey = secret('quoted', { 'not/valid': value })
    for (const body of [bad, tls, wrongKey]) {
      const error = await client.create(secrets, body, { signal }).catch((thrown: unknown) => thrown)
      expect(isKubeApiError(error)).toBe(true)
      expect(String(error)).not.toMatch(/canary|c2VjcmV0/)
      expect(JSON.stringify(error)).not.toMatch(/canary|c2VjcmV0/)
    }
    const named = await client.create(secrets, tls, { signal }).catch((thrown: unknown) => thrown)
    expect(String(named)).toContain(
      `create secrets ${cluster.namespace}: 422 Invalid: data[tls.key]: FieldValueRequired`,
    )
  })

  it('reports missing permissions of the user in the kubeconfig', async () => {
    const anonymous = new KubeClient({
      credentials: {
        description: 'without permissions',
        namespace: undefined,
        load: async (options) => {
          const { server, tls, headers } = await (await kubeconfigCredentials(cluster)).load(options)
          return {
            server,
            tls,
            headers: new Sensitive({ ...headers.expose(), 'impersonate-user': 'eve@example.com' }),
          }
        },
      },
    })
    const error = await anonymous.list(secrets, { signal }).catch((thrown: unknown) => thrown)
    await anonymous.close()
    expect(error).toMatchObject({ status: 403, reason: 'Forbidden' })
    expect(String(error)).toContain('User "eve@example.com" cannot list resource "secrets"')
  })
})
