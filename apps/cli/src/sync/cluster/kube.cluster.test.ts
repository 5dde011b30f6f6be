import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { contentDigester, Sensitive } from '@ack-secret-manager/core'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { KubeSecretWriter } from '@ack-secret-manager/k8s-writer'
import { crds } from '@ack-secret-manager/resources'
import { killAt } from '@ack-secret-manager/test-support/mortal-client'
import { installCrds } from '@ack-secret-manager/testenv'
import { randomUUID } from 'node:crypto'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { kubeconfigFor } from '../../testing/broken-api-server.ts'
import { folderWith } from '../../testing/files.ts'
import { useKms } from '../../testing/kms.ts'
import { entry, externalSecret, externalSecretYaml, storeYaml } from '../../testing/manifests.ts'
import { CANARY, type Ran, type Running, start } from '../../testing/run.ts'

interface Secret {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Record<string, string>
    readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean }[]
  }
  readonly type: string
  readonly immutable?: boolean
  readonly data?: Record<string, string>
}

describeCluster('sync --kube', { timeout: 240_000 }, () => {
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

  /** Resolves when the garbage collector has seen all earlier Secrets: it deletes this later one, whose owner does not exist. */
  async function untilCollectorHasSeen(name: string): Promise<void> {
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: randomUUID() }
    const metadata = { name: `${name}-seen`, ownerReferences: [owner] }
    await cluster.request('POST', secretPath(''), { apiVersion: 'v1', kind: 'Secret', metadata })
    await vi.waitFor(async () => expect(await secret(metadata.name)).toBeUndefined(), 180_000)
  }

  beforeAll(() => installCrds(cluster.request, crds()))
  afterEach(() => kms.control('DELETE', '/faults'))

  it('writes a Secret without an ownerReference for a resource that the cluster does not have, once', async () => {
    const files = {
      'store.yaml': storeYaml(),
      'web.yaml': externalSecretYaml('free', { type: 'example.com/web', data: [entry('app/token', 'token')] }),
    }
    const { code, err } = await sync(files)
    expect([code, err]).toEqual([
      0,
      `acksm: not found in the cluster: its Secret gets no ownerReference and is not garbage-collected: ExternalSecret ${cluster.namespace}/free\n`,
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

  it('sets the resource of the cluster as owner, and reads a credential from the cluster', async () => {
    const [credential = '', store = ''] = storeYaml({ name: 'kms' }).split('---\n')
    const manifest = externalSecret('owned', { data: [entry('app/token', 'token')] })
    const made = await cluster.request('POST', resources(), manifest)
    const { metadata } = made.body as { metadata: { uid: string } }
    await cluster.request('POST', `/api/v1/namespaces/${cluster.namespace}/secrets`, parse(credential))
    const { code, err } = await sync({ 'store.yaml': store, 'web.yaml': JSON.stringify(manifest) })
    expect([code, err]).toEqual([0, ''])
    expect((await secret('owned'))?.metadata.ownerReferences).toMatchObject([{ uid: metadata.uid, controller: true }])
  })

  it.each(['Orphan', 'Foreground'])(
    'writes nothing for a resource that is being deleted: %s',
    async (propagationPolicy) => {
      const name = `ending-${propagationPolicy.toLowerCase()}`
      const manifest = externalSecret(name, { data: [entry('app/token', 'token')] })
      const metadata = { name, namespace: cluster.namespace, finalizers: ['example.com/theirs'] }
      const held = { ...manifest, metadata }
      await cluster.request('POST', resources(), held)
      const files = { 'store.yaml': storeYaml(), 'web.yaml': JSON.stringify(manifest) }
      expect((await sync(files)).code).toBe(0)
      expect((await secret(name))?.metadata.ownerReferences).toHaveLength(1)
      await untilCollectorHasSeen(name)
      await cluster.request('DELETE', `${resources()}/${name}`, { propagationPolicy })
      const untilCollected = async (): Promise<Secret | undefined> => {
        const found = await secret(name)
        if (found?.metadata.ownerReferences) throw new Error(`the garbage collector has not reached Secret ${name}`)
        return found
      }
      const before = await vi.waitFor(untilCollected, 180_000)
      expect(before === undefined).toBe(propagationPolicy === 'Foreground')
      const { code, out } = await sync(files)
      expect([code, out]).toEqual([
        1,
        expect.stringContaining('is being deleted in the cluster: nothing is written for it'),
      ])
      expect(await secret(name)).toEqual(before)
      const patch = { metadata: { finalizers: null } }
      await cluster.request('PATCH', `${resources()}/${name}`, patch, { contentType: 'application/merge-patch+json' })
    },
  )

  it('refuses a Secret that is not managed by it', async () => {
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
      expect.stringMatching(/theirs +False +TargetConflict +0 +Secret \S+ is not changed/),
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

  it('recreates an immutable Secret for a new value, then restarts the workloads', async () => {
    const apps = `/apis/apps/v1/namespaces/${cluster.namespace}/deployments`
    const labels = { app: 'web' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web' }] } }
    const spec = { selector: { matchLabels: labels }, template }
    await cluster.request('POST', apps, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec })
    const restart = [
      { kind: 'Deployment', name: 'web' },
      { kind: 'StatefulSet', name: 'none' },
    ]
    const rotating = (target: object) => ({
      'store.yaml': storeYaml(),
      'web.yaml': externalSecretYaml('rotating', { data: [entry('app/db', 'db')], target, restart }),
    })
    const generation = async (): Promise<number> =>
      (await cluster.request<{ metadata: { generation: number } }>('GET', `${apps}/web`)).body.metadata.generation
    expect((await sync(rotating({ immutable: true }))).code).toBe(0)
    const first = await secret('rotating')
    expect([first?.immutable, await generation()]).toEqual([true, 1])
    await kms.control('PUT', '/secrets/app/db', { data: `${CANARY}-newer`, versionId: 'v3' })
    const { code, err } = await sync(rotating({ immutable: true }))
    expect([code, await generation()]).toEqual([0, 2])
    expect(err).toContain('rotating: Deployment web restarted because Secret rotating changed\n')
    expect(err).toContain(`warning: ${cluster.namespace}/rotating: StatefulSet none does not exist`)
    const second = await secret('rotating')
    expect(second).toMatchObject({ immutable: true, data: { db: Buffer.from(`${CANARY}-newer`).toString('base64') } })
    expect(second?.metadata.uid).not.toBe(first?.metadata.uid)
    expect(await sync(rotating({ immutable: true }))).toMatchObject({
      code: 0,
      err: expect.not.stringContaining('web'),
    })
    expect([await generation(), (await secret('rotating'))?.metadata.uid]).toEqual([2, second?.metadata.uid])
  })

  it('completes an interrupted replacement, and removes its staged content', async () => {
    const digester = contentDigester()
    const target = { namespace: cluster.namespace, name: 'broken' }
    const owner = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'broken', uid: '' }
    const last = Buffer.from(`${CANARY}-last`)
    const set = new Map([['token', new Sensitive<Uint8Array>(last)]])
    const digest = digester.digest(target, 'token', last)
    const keys = new Map([['token', { secret: 'app/token', versionId: 'v0', digest }]])
    const record = { keys, digestKeyId: digester.keyId, creation: 'owner', deletion: 'retain' } as const
    await using client = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath })
    const writer = new KubeSecretWriter({ client, digester, watch: false })
    const { signal } = new AbortController()
    const made = await writer.apply({ kind: 'create', target, owner, type: 'example.com/old', set, record }, { signal })
    const exactly = { ifUid: made?.uid ?? '', ifResourceVersion: made?.resourceVersion ?? '' }
    killAt(client, 6, 'before it is sent')
    const dying = writer.apply(
      { kind: 'replace', target, owner, type: 'Opaque', set, carry: [], record, ...exactly },
      { signal },
    )
    await expect(dying).rejects.toMatchObject({ code: 'Unavailable' })
    expect(await secret('broken')).toBeUndefined()

    const files = {
      'store.yaml': storeYaml(),
      'web.yaml': externalSecretYaml('broken', { data: [entry('app/token', 'token')] }),
    }
    await kms.control('POST', '/faults', { match: { secret: 'app/token' }, fault: 'deny' })
    const replacements = async (): Promise<readonly Secret[]> => {
      const { body } = await cluster.request<{ items: Secret[] }>('GET', secretPath(''))
      return body.items.filter(({ type }) => type === 'alibabacloud.com/replacement')
    }
    // The signing key existed only in that run: a later run cannot distinguish the signature from a forged one.
    expect((await sync(files)).code).toBe(1)
    expect(await secret('broken')).toBeUndefined()
    expect(await replacements()).toHaveLength(1)
    await kms.control('DELETE', '/faults')
    expect((await sync(files)).code).toBe(0)
    expect(await replacements()).toEqual([])
    expect((await secret('broken'))?.data).toEqual({
      token: Buffer.from(`${CANARY}-token\nsecond line`).toString('base64'),
    })
  })

  it('reads a template from the cluster, sets labels, and renders again after a change', async () => {
    const configMaps = `/api/v1/namespaces/${cluster.namespace}/configmaps`
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'tpl' },
      data: { url: 'one {{ .token | trunc 6 }}' },
    }
    await cluster.request('POST', configMaps, body)
    const template = {
      templateFrom: [{ configMap: { name: 'tpl', items: [{ key: 'url' }] } }],
      metadata: { labels: { team: 'web' } },
    }
    const files = {
      'store.yaml': storeYaml(),
      'web.yaml': externalSecretYaml('templated', { data: [entry('app/token', 'token')], target: { template } }),
    }
    const running = await starting(files, '--watch', '--polling-interval', '1h')
    await running.out.until(/templated/)
    const url = async (): Promise<string> =>
      Buffer.from((await secret('templated'))?.data?.['url'] ?? '', 'base64').toString()
    expect(await url()).toBe(`one ${CANARY.slice(0, 6)}`)
    expect((await secret('templated'))?.metadata.labels).toMatchObject({ team: 'web' })
    const contentType = 'application/merge-patch+json'
    await cluster.request('PATCH', `${configMaps}/tpl`, { data: { url: 'two' } }, { contentType })
    await running.out.until(/templated written/)
    expect(await url()).toBe('two')
    running.stop('SIGTERM')
    expect(await running.done).toMatchObject({ code: 0 })
  })

  it('reports within the timeout that the API server is unreachable', async () => {
    const cwd = await folderWith({
      'config.json': kubeconfigFor('https://127.0.0.1:1', CANARY),
      'in/all.yaml': `${storeYaml()}---\n${externalSecretYaml('web', { data: [entry('app/db', 'db')] })}`,
    })
    const argv = ['sync', '-f', 'in', '--kube', '--kubeconfig', `${cwd}/config.json`, ...kms.flags, '--timeout', '20s']
    const { code, out } = await start(argv, { cwd }).done
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /web +False +Unavailable +0 +.*externalsecrets default\/web.*cannot be reached \(ECONNREFUSED\)/,
      ),
    ])
  })
})
