import { readFile } from 'node:fs/promises'
import { readKubeconfig } from '@ack-secret-manager/control-plane'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { clusterCredentials } from '@ack-secret-manager/test-support/cluster-credentials'
import { FaultProxy, type GivenResponse, type ProxiedRequest } from '@ack-secret-manager/test-support/fault-proxy'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'
import type { ObjectChange } from './store.ts'
import { Reflector, type ReflectorFault, type ReflectorOptions } from './reflector.ts'
import { fixedCredentials } from '../testing/raw-server.ts'
import { shortPauses } from '../testing/short-pauses.ts'

interface Small {
  readonly uid: string
  readonly value: string | undefined
}

const project = (raw: KubeObject): Small => {
  const data = raw.data as Record<string, string> | undefined
  return { uid: String(raw.metadata.uid), value: data?.value }
}

/** Covers the API server, the backoff of the reflector and a busy machine. */
const WAIT = { timeout: 60_000, interval: 5 }

describeCluster('Reflector on a real API server', () => {
  const cluster = useCluster()
  const { signal } = new AbortController()
  let admin: KubeClient
  let proxy: FaultProxy
  let client: KubeClient
  let changes: string[]
  let faults: ReflectorFault[]
  let reflector: Reflector<Small> | undefined
  let configMaps: string

  beforeAll(async () => {
    admin = new KubeClient({ credentials: await clusterCredentials(cluster) })
    configMaps = `/api/v1/namespaces/${cluster.namespace}/configmaps`
  })
  afterAll(() => admin.close())
  beforeEach(async () => {
    const { server, ...trust } = readKubeconfig(await readFile(cluster.kubeconfigPath, 'utf8'))
    proxy = await FaultProxy.open({ service: 'api', target: server, ...trust })
    client = new KubeClient({ credentials: fixedCredentials(proxy.url), maxThrottleRetries: 0 })
    changes = []
    faults = []
  })
  afterEach(async () => {
    await reflector?.close()
    await client.close()
    await proxy[Symbol.asyncDispose]()
    for (const { metadata } of (await admin.list(configMaps, { query: { labelSelector: 'test' }, signal })).items) {
      await admin.delete(`${configMaps}/${metadata.name}`, { signal })
    }
  })

  const put = (name: string, value: string): Promise<KubeObject> =>
    admin.create(
      configMaps,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { test: 'yes' } }, data: { value } },
      { signal },
    )
  const change = (name: string, value: string): Promise<KubeObject> =>
    admin.mergePatch(`${configMaps}/${name}`, { data: { value } }, { signal })
  const remove = (name: string): Promise<void> => admin.delete(`${configMaps}/${name}`, { signal })
  const textOf = ({ kind, key }: ObjectChange<Small>): string => `${kind} ${key.split('/')[1]}`
  const start = (options: Partial<ReflectorOptions<Small>> = {}): Reflector<Small> => {
    reflector = new Reflector({
      client,
      path: '/api/v1/configmaps',
      namespaces: [cluster.namespace],
      labelSelector: 'test',
      project,
      onChange: (event) => changes.push(textOf(event)),
      onFault: (fault) => faults.push(fault),
      backoff: { baseMs: 20, maxMs: 100 },
      ...options,
    })
    void reflector.run({ signal })
    return reflector
  }
  const valueOf = (name: string): string | undefined => reflector?.get(`${cluster.namespace}/${name}`)?.value
  const watching = (): Promise<void> => vi.waitFor(() => expect(reflector?.stats.watching).toBe(true), WAIT)
  /** A reflector that has listed object a and watches. */
  const watchOne = async (options: Partial<ReflectorOptions<Small>> = {}): Promise<void> => {
    await put('a', '1')
    await start(options).synced
    await watching()
  }
  const shows = (name: string, value: string | undefined): Promise<void> =>
    vi.waitFor(() => expect(valueOf(name)).toBe(value), WAIT)
  const once = (given: GivenResponse, when: (call: ProxiedRequest) => boolean): void => {
    proxy.hook = {
      respond: (call) => {
        if (!when(call)) return undefined
        proxy.hook = undefined
        return given
      },
    }
  }
  const isWatch = (call: ProxiedRequest): boolean => call.isWatch
  const resetAll = (): void => proxy.setFault({ fault: { kind: 'reset-before' }, every: 1 })

  it('lists all pages, then watches', async () => {
    for (const name of ['a', 'b', 'c']) await put(name, '1')
    await start({ pageSize: 2 }).synced
    expect(changes).toEqual(['added a', 'added b', 'added c'])
    expect(reflector?.stats).toMatchObject({ synced: true, objects: 3, lists: 2, faults: 0 })
    await watching()
    await change('a', '2')
    await shows('a', '2')
    await remove('b')
    await shows('b', undefined)
    await put('d', '1')
    await shows('d', '1')
    expect(changes.slice(3)).toEqual(['updated a', 'deleted b', 'added d'])
    expect(reflector?.stats).toMatchObject({ lists: 2, watches: 1, faults: 0 })
  })

  it('reports an object that leaves the selector as deleted', async () => {
    await watchOne()
    await admin.mergePatch(`${configMaps}/a`, { metadata: { labels: { test: null } } }, { signal })
    await shows('a', undefined)
    expect(changes).toEqual(['added a', 'deleted a'])
    await remove('a')
  })

  it('requests metadata only if configured', async () => {
    await put('a', '1')
    const raws: KubeObject[] = []
    await start({ metadataOnly: true, project: (raw) => (raws.push(raw), project(raw)) }).synced
    await watching()
    await change('a', '2')
    await vi.waitFor(() => expect(raws).toHaveLength(2), WAIT)
    expect(raws.map((raw) => [raw.metadata.name, raw.data])).toEqual([
      ['a', undefined],
      ['a', undefined],
    ])
  })

  it.each<[string, () => void]>([
    ['a reset connection', () => proxy.watches.forEach((watch) => watch.reset())],
    ['a clean end', () => proxy.watches.forEach((watch) => watch.end())],
    [
      'an end in the middle of an event',
      () =>
        proxy.watches.forEach((watch) => {
          watch.inject('{"type":"ADDED","object":{"meta')
          watch.end()
        }),
    ],
  ])('resumes after %s without a new list', async (_what, strike) => {
    await watchOne()
    resetAll()
    strike()
    await vi.waitFor(() => expect(reflector?.stats.watching).toBe(false), WAIT)
    await change('a', '2')
    await put('b', '1')
    proxy.setFault(undefined)
    await shows('b', '1')
    expect(valueOf('a')).toBe('2')
    expect(changes).toEqual(['added a', 'updated a', 'added b'])
    expect(reflector?.stats.lists).toBe(1)
  })

  it('lists again after an invalid event, and finds deletions in between', async () => {
    await put('a', '1')
    await put('b', '1')
    await start().synced
    await watching()
    proxy.hook = { before: (call) => !call.isWatch }
    for (const watch of proxy.watches) watch.inject('{"type":"ADDED", this is no JSON and may be a canary-8d1f}\n')
    await vi.waitFor(() => expect(faults.map((fault) => fault.during)).toContain('decode'), WAIT)
    await remove('a')
    await change('b', '2')
    proxy.hook = undefined
    await shows('b', '2')
    expect(changes.slice(2).sort()).toEqual(['deleted a', 'updated b'])
    expect(faults.map((fault) => String(fault.error)).join()).not.toContain('canary')
  })

  it('lists again after a 410', async () => {
    await watchOne()
    const gone = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Expired',
      code: 410,
      message: 'too old',
    }
    for (const watch of proxy.watches) watch.inject(`${JSON.stringify({ type: 'ERROR', object: gone })}\n`)
    await vi.waitFor(() => expect(reflector?.stats.lists).toBe(2), WAIT)
    await watching()
    once({ status: 410, body: gone }, isWatch)
    for (const watch of proxy.watches) watch.reset()
    await vi.waitFor(() => expect(reflector?.stats.lists).toBe(3), WAIT)
    await watching()
    await change('a', '2')
    await shows('a', '2')
    expect(changes).toEqual(['added a', 'updated a'])
    expect(faults.map((fault) => 'status' in fault.error && fault.error.status)).toContain(410)
  })

  it('restarts a list when its continue token expired', async () => {
    for (const name of ['a', 'b', 'c']) await put(name, '1')
    const expired = { kind: 'Status', apiVersion: 'v1', reason: 'Expired', code: 410, message: 'the token is too old' }
    once({ status: 410, body: expired }, ({ query }) => query.has('continue'))
    await start({ pageSize: 2 }).synced
    expect(reflector?.size).toBe(3)
    expect(changes).toEqual(['added a', 'added b', 'added c'])
    expect(faults).toEqual([])
    expect(reflector?.stats.lists).toBe(4)
  })

  it.each([429, 500, 503])('retries after %i on list and watch, and respects Retry-After', async (status) => {
    await put('a', '1')
    const body = { kind: 'Status', apiVersion: 'v1', reason: 'TooManyRequests', code: status, message: 'slow down' }
    const throttled = { status, body, headers: { 'retry-after': '1' } }
    once(throttled, (call) => !call.isWatch)
    await start({ clock: shortPauses }).synced
    await watching()
    once(throttled, isWatch)
    for (const watch of proxy.watches) watch.reset()
    await vi.waitFor(() => expect(faults.filter((each) => 'status' in each.error)).toHaveLength(2), WAIT)
    await change('a', '2')
    await shows('a', '2')
    expect(faults.filter((each) => 'status' in each.error).map((each) => each.retryInMs)).toEqual([1_000, 1_000])
    expect(reflector?.stats.lists).toBe(2)
  })

  it('detects a half-open connection', async () => {
    await watchOne({ idleTimeoutMs: 1_000 })
    for (const watch of proxy.watches) watch.freeze()
    await change('a', '2')
    await shows('a', '2')
    expect(faults[0]).toMatchObject({ during: 'watch', error: { code: 'Timeout' } })
    expect(reflector?.stats.lists).toBe(1)
  })

  it('continues after an error of a handler or projection', async () => {
    await put('a', '1')
    await put('b', '1')
    const run = start({
      project: (raw) => {
        if (raw.metadata.name === 'a') throw new TypeError('canary-8d1f')
        return project(raw)
      },
      onChange: (event) => {
        changes.push(textOf(event))
        throw new TypeError('canary-8d1f')
      },
    })
    await run.synced
    await watching()
    await change('b', '2')
    await shows('b', '2')
    expect(changes).toEqual(['added b', 'updated b'])
    expect(faults.map((fault) => fault.during)).toEqual(['project', 'handler', 'handler'])
    expect(faults.map((fault) => fault.error.message).join()).not.toContain('canary')
  })

  it('reports a recreated object as deleted and added, even if it missed the deletion', async () => {
    await watchOne()
    resetAll()
    for (const watch of proxy.watches) watch.inject('garbage\n')
    await vi.waitFor(() => expect(reflector?.stats.watching).toBe(false), WAIT)
    await remove('a')
    await put('a', '2')
    proxy.setFault(undefined)
    await shows('a', '2')
    expect(changes).toEqual(['added a', 'deleted a', 'added a'])
  })

  it('merges several namespaces, and relists one without affecting the others', async () => {
    await watchOne({ namespaces: [cluster.namespace, 'default', cluster.namespace] })
    expect(proxy.watches.size).toBe(2)
    for (const watch of proxy.watches) if (watch.path.includes('/default/')) watch.inject('garbage\n')
    await vi.waitFor(() => expect(reflector?.stats.lists).toBe(3), WAIT)
    await watching()
    expect(valueOf('a')).toBe('1')
    expect(changes).toEqual(['added a'])
  })

  it('rejects synced if it is closed before the first list', async () => {
    resetAll()
    const { synced } = start()
    await vi.waitFor(() => expect(faults.length).toBeGreaterThan(0), WAIT)
    await reflector?.close()
    await expect(synced).rejects.toMatchObject({ code: 'Cancelled' })
  })
})
