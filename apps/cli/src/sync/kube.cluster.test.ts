import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { folderWith } from '../testing/files.ts'
import { useKms } from '../testing/kms.ts'
import { entry, externalSecret, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, type Ran, type Running, start } from '../testing/run.ts'

interface Secret {
  readonly metadata: {
    readonly resourceVersion: string
    readonly labels?: Record<string, string>
    readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean }[]
  }
  readonly type: string
  readonly data?: Record<string, string>
}

describeCluster('sync --kube', () => {
  const cluster = useCluster()
  const kms = useKms()
  const secretPath = (name: string): string => `/api/v1/namespaces/${cluster.namespace}/secrets/${name}`
  const resources = (): string => `/apis/alibabacloud.com/v1alpha1/namespaces/${cluster.namespace}/externalsecrets`

  async function secret(name: string): Promise<Secret | undefined> {
    const { status, body } = await cluster.request<Secret>('GET', secretPath(name))
    return status === 200 ? body : undefined
  }

  async function starting(files: Record<string, string>, ...more: string[]): Promise<Running> {
    const cwd = await folderWith(files)
    const where = ['--kube', '--kubeconfig', cluster.kubeconfigPath, '-n', cluster.namespace]
    return start(['sync', '-f', '.', ...where, ...kms.flags, ...more], { cwd })
  }

  async function sync(files: Record<string, string>, ...more: string[]): Promise<Ran> {
    return (await starting(files, ...more)).done
  }

  beforeAll(async () => {
    for (const crd of crds()) {
      // Another file may have made it already.
      await cluster.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
    }
    const untilServed = async (): Promise<void> => {
      const { status } = await cluster.request('GET', resources())
      if (status !== 200) throw new Error(`${resources()}: HTTP ${status}`)
    }
    await vi.waitFor(untilServed, 20_000)
  })
  afterEach(() => kms.control('DELETE', '/faults'))

  it('writes a Secret without an owner for a resource that the cluster does not have, once', async () => {
    const files = {
      'store.yaml': storeYaml(),
      'web.yaml': externalSecretYaml('free', { type: 'example.com/web', data: [entry('app/token', 'token')] }),
    }
    const { code, err } = await sync(files)
    expect([code, err]).toEqual([
      0,
      `acksm: not in the cluster, so that its Secret gets no owner and would stay without it: ExternalSecret ${cluster.namespace}/free\n`,
    ])
    const written = await secret('free')
    expect(written).toMatchObject({
      type: 'example.com/web',
      data: { token: Buffer.from(`${CANARY}-token\nsecond line`).toString('base64') },
      metadata: { labels: { 'alibabacloud.com/managed-by': 'ack-secret-manager' } },
    })
    expect(written?.metadata.ownerReferences).toBeUndefined()
    expect((await sync(files)).code).toBe(0)
    expect((await secret('free'))?.metadata.resourceVersion).toBe(written?.metadata.resourceVersion)
  })

  it('makes the resource of the cluster the owner, and takes a credential from the cluster', async () => {
    const [credential = '', store = ''] = storeYaml({ name: 'kms' }).split('---\n')
    const manifest = externalSecret('owned', { data: [entry('app/token', 'token')] })
    const made = await cluster.request('POST', resources(), manifest)
    const { metadata } = made.body as { metadata: { uid: string } }
    await cluster.request('POST', `/api/v1/namespaces/${cluster.namespace}/secrets`, parse(credential))
    const { code, err } = await sync({ 'store.yaml': store, 'web.yaml': JSON.stringify(manifest) })
    expect([code, err]).toEqual([0, ''])
    expect((await secret('owned'))?.metadata.ownerReferences).toMatchObject([{ uid: metadata.uid, controller: true }])
  })

  it('leaves alone what nobody gave us', async () => {
    await cluster.request('POST', `/api/v1/namespaces/${cluster.namespace}/secrets`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'theirs' },
      stringData: { token: 'theirs' },
    })
    const before = await secret('theirs')
    const { code, out } = await sync({
      'store.yaml': storeYaml(),
      'web.yaml': externalSecretYaml('theirs', { data: [entry('app/token', 'token')] }),
    })
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/theirs +False +TargetConflict +0 +Secret \S+ is left alone/),
    ])
    expect(await secret('theirs')).toEqual(before)
  })

  it('keeps a Secret fresh', async () => {
    const running = await starting(
      {
        'store.yaml': storeYaml(),
        'web.yaml': externalSecretYaml('fresh', { data: [entry('app/db', 'db')] }),
      },
      '--watch',
      '--polling-interval',
      '1s',
    )
    await running.out.until(/fresh/)
    await kms.control('PUT', '/secrets/app/db', { data: `${CANARY}-new`, versionId: 'v2' })
    await running.out.until(/fresh written: app\/db v2\n/)
    expect((await secret('fresh'))?.data).toEqual({ db: Buffer.from(`${CANARY}-new`).toString('base64') })
    running.stop('SIGTERM')
    expect(await running.done).toMatchObject({ code: 0 })
  })

  it('says when the API server cannot be reached, within its time', async () => {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'away',
      contexts: [{ name: 'away', context: { cluster: 'away', user: 'me' } }],
      clusters: [{ name: 'away', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'me', user: { token: CANARY } }],
    }
    const cwd = await folderWith({
      'config.json': JSON.stringify(config),
      'in/all.yaml': `${storeYaml()}---\n${externalSecretYaml('web', { data: [entry('app/db', 'db')] })}`,
    })
    const argv = ['sync', '-f', 'in', '--kube', '--kubeconfig', `${cwd}/config.json`, ...kms.flags, '--timeout', '5s']
    const { code, out } = await start(argv, { cwd }).done
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /web +False +Unavailable +0 +.*externalsecrets default\/web.*cannot be reached \(ECONNREFUSED\)/,
      ),
    ])
  })
})
