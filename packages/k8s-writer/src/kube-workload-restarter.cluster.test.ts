import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import type { WorkloadRef } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { KubeApiError, KubeClient, type KubeObject } from '@ack-secret-manager/k8s-client'
import { clusterCredentials } from '@ack-secret-manager/test-support/cluster-credentials'
import { actBefore } from '@ack-secret-manager/test-support/mortal-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KubeWorkloadRestarter } from './kube-workload-restarter.ts'
import { WriterBench } from './testing/writer-bench.ts'

const { signal } = new AbortController()
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'
const RESTARTED_FOR = 'alibabacloud.com/restarted-for'

interface Workload extends KubeObject {
  readonly spec: { readonly template: { readonly metadata: { readonly annotations?: Record<string, string> } } }
}

describeCluster('KubeWorkloadRestarter', () => {
  const cluster = useCluster()
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678))
  let client: KubeClient
  beforeAll(async () => {
    client = new KubeClient({ credentials: await clusterCredentials(cluster) })
  })
  afterAll(() => client.close())

  const pathOf = ({ kind, name }: Pick<WorkloadRef, 'kind' | 'name'>): string =>
    `/apis/apps/v1/namespaces/${cluster.namespace}/${kind.toLowerCase()}s/${name}`
  const read = async (workload: WorkloadRef): Promise<Workload> =>
    (await cluster.request<Workload>('GET', pathOf(workload))).body
  async function make(kind: WorkloadRef['kind'], name: string, more: object = {}): Promise<WorkloadRef> {
    const labels = { app: name }
    const template = {
      metadata: { labels, annotations: { mine: 'x' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    }
    const spec = {
      selector: { matchLabels: labels },
      template,
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      ...more,
    }
    const body = { apiVersion: 'apps/v1', kind, metadata: { name, annotations: { theirs: 'y' } }, spec }
    const { status } = await cluster.request('POST', pathOf({ kind, name: '' }).slice(0, -1), body)
    if (status !== 201) throw new Error(`${kind} ${name}: HTTP ${status}`)
    return { namespace: cluster.namespace, kind, name }
  }
  const restarter = (): KubeWorkloadRestarter => new KubeWorkloadRestarter({ client, clock })
  const changes = (entries: Record<string, string>): ReadonlyMap<string, string> => new Map(Object.entries(entries))

  it.each(['Deployment', 'StatefulSet', 'DaemonSet'] as const)(
    'restarts a %s as kubectl does, and changes no other field',
    async (kind) => {
      const workload = await make(kind, `plain-${kind.toLowerCase()}`)
      const before = await read(workload)
      expect(await restarter().restart(workload, changes({ db: 'u/1' }), { signal })).toEqual({
        kind: 'restarted',
        note: undefined,
      })
      const { spec, metadata } = await read(workload)
      const { template } = spec
      expect(template.metadata.annotations).toEqual({ mine: 'x', [RESTARTED_AT]: '2026-01-02T03:04:05Z' })
      expect(metadata.annotations).toMatchObject({ theirs: 'y', [RESTARTED_FOR]: '{"db":"u/1"}' })
      expect({ ...spec, template: undefined }).toEqual({ ...before.spec, template: undefined })
      expect(metadata.generation).toBe(2)
    },
  )

  it('restarts it once per change', async () => {
    const workload = await make('Deployment', 'once')
    const asked = changes({ db: 'u/1', tls: 'u/2' })
    expect(await restarter().restart(workload, asked, { signal })).toMatchObject({ kind: 'restarted' })
    await clock.advance(60_000)
    expect(await restarter().restart(workload, asked, { signal })).toEqual({ kind: 'done' })
    expect(await restarter().restart(workload, changes({ tls: 'u/2' }), { signal })).toEqual({ kind: 'done' })
    expect((await read(workload)).metadata.generation).toBe(2)
    expect(await restarter().restart(workload, changes({ db: 'u/3' }), { signal })).toMatchObject({ kind: 'restarted' })
    const { metadata } = await read(workload)
    expect([metadata.generation, metadata.annotations?.[RESTARTED_FOR]]).toEqual([3, '{"tls":"u/2","db":"u/3"}'])
  })

  it('keeps only the latest changes', async () => {
    const workload = await make('Deployment', 'many')
    const entries = Array.from({ length: 100 }, (_, index) => [`r${index}`, 'u/1'] as const)
    await restarter().restart(workload, new Map(entries), { signal })
    const remembered = JSON.parse((await read(workload)).metadata.annotations?.[RESTARTED_FOR] ?? '') as object
    expect([Object.keys(remembered).length, Object.keys(remembered).at(-1)]).toEqual([64, 'r99'])
  })

  it.each(['nonsense', '[]', 'null', '{"db": 1}'])('restarts it when its annotation holds %s', async (text) => {
    const workload = await make('Deployment', `annotated-${text.length}`)
    const patch = { metadata: { annotations: { [RESTARTED_FOR]: text } } }
    await cluster.request('PATCH', pathOf(workload), patch, { contentType: 'application/merge-patch+json' })
    expect(await restarter().restart(workload, changes({ db: 'u/1' }), { signal })).toMatchObject({ kind: 'restarted' })
  })

  it('retries with a fresh read after a conflict', async () => {
    const workload = await make('Deployment', 'busy')
    const verbs: string[] = []
    await using busy = new KubeClient({
      credentials: await clusterCredentials(cluster),
      onRequest: ({ verb }) => verbs.push(verb),
    })
    const scale = { spec: { replicas: 3 } }
    actBefore(
      busy,
      ({ method }) => method === 'PATCH',
      () => cluster.request('PATCH', pathOf(workload), scale, { contentType: 'application/merge-patch+json' }),
    )
    const restarting = new KubeWorkloadRestarter({ client: busy, clock }).restart(workload, changes({ db: 'u/1' }), {
      signal,
    })
    expect(await restarting).toMatchObject({ kind: 'restarted' })
    expect(verbs).toEqual(['get', 'patch', 'get', 'patch'])
    expect(await read(workload)).toMatchObject({
      spec: { replicas: 3 },
      metadata: { annotations: { [RESTARTED_FOR]: '{"db":"u/1"}' } },
    })
  })

  it.each<[string, WorkloadRef['kind'], object, string]>([
    ['a paused Deployment', 'Deployment', { paused: true }, 'when it is resumed'],
    [
      'a StatefulSet that replaces Pods when they are deleted',
      'StatefulSet',
      { updateStrategy: { type: 'OnDelete' } },
      'OnDelete',
    ],
    [
      'a DaemonSet that replaces Pods when they are deleted',
      'DaemonSet',
      { updateStrategy: { type: 'OnDelete' } },
      'OnDelete',
    ],
  ])('reports required manual work: %s', async (what, kind, more, note) => {
    const workload = await make(kind, what.toLowerCase().replaceAll(' ', '-'), more)
    const result = await restarter().restart(workload, changes({ db: 'u/1' }), { signal })
    expect(result).toMatchObject({ kind: 'restarted', note: expect.stringContaining(note) })
    expect((await read(workload)).spec.template.metadata.annotations).toHaveProperty([RESTARTED_AT])
  })

  it('reports an absent workload', async () => {
    const workload = { namespace: cluster.namespace, kind: 'Deployment', name: 'none' } as const
    expect(await restarter().restart(workload, changes({ db: 'u/1' }), { signal })).toEqual({ kind: 'absent' })
  })

  it('names the missing verbs', async () => {
    const workload = await make('Deployment', 'forbidden')
    await using bench = await WriterBench.open(cluster, { watch: false })
    await using powerless = await bench.withoutRights({ watch: false })
    const restarting = new KubeWorkloadRestarter({ client: powerless.client }).restart(
      workload,
      changes({ db: 'u/1' }),
      { signal },
    )
    await expect(restarting).rejects.toMatchObject({
      code: 'WriteDenied',
      message: expect.stringContaining('the verbs "get" and "patch" on "deployments" (apps)'),
    })
  })

  it.each([
    [503, 'Unavailable'],
    [429, 'Unavailable'],
    [422, 'WriteFailed'],
    [401, 'Unavailable'],
    [403, 'WriteDenied'],
  ])('maps the response %s to %s', async (status, code) => {
    const workload = { namespace: cluster.namespace, kind: 'Deployment', name: 'refused' } as const
    await using refusing = new KubeClient({ credentials: await clusterCredentials(cluster) })
    refusing.request = () => Promise.reject(new KubeApiError('env: canary', { status, reason: '', causes: [] }))
    const error: unknown = await new KubeWorkloadRestarter({ client: refusing })
      .restart(workload, changes({ db: 'u/1' }), { signal })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message: expect.stringContaining(`Deployment ${cluster.namespace}/refused`) })
    expect(String(error)).not.toContain('canary')
  })
})
