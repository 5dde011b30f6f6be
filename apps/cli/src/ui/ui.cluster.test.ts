import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { KubeClient, type KubeRequest, type KubeStreamRequest } from '@ack-secret-manager/k8s-client'
import {
  AuditLog,
  type AuditedRequest,
  type OperatorProcess,
  TestEnvironment,
  until,
} from '@ack-secret-manager/testenv'
import { canary, collect } from '@ack-secret-manager/test-support/canary'
import {
  type Answer,
  isResourceIncomplete,
  isStoreIncomplete,
  type ReadEvent,
  TestServer,
} from '@ack-secret-manager/ui/testing'
import type {
  AccessView,
  ActionResult,
  Delta,
  ResourceDetail,
  Snapshot,
  StoreDetail,
} from '@ack-secret-manager/ui/views'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { kubeconfigOfUser, READS, type Rule } from '../testing/user-kubeconfig.ts'
import { createWorkloads } from '../testing/workloads.ts'
import { actionRunner } from './run-action.ts'

const VALUE = canary('ui')
/** The API server refuses to connect to a Pod on a loopback address. */
const POD_IP = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address
const PATCHES: Rule = { apiGroups: ['alibabacloud.com'], resources: ['externalsecrets'], verbs: ['patch'] }
const METADATA: Rule = { apiGroups: [''], resources: ['secrets', 'events'], verbs: ['get', 'list', 'watch'] }

describeCluster('acksm ui', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  const ns = cluster.namespace
  let env: TestEnvironment
  let operator: OperatorProcess

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: VALUE, token: VALUE } } })
    operator = await env.leader('--disable-polling', ...(POD_IP ? ['--metrics-bind-address=0.0.0.0:0'] : []))
    await env.externalSecret('web', { password: 'db', token: 'token' })
    await env.externalSecret('lost', { password: 'no-such-secret' })
    await env.externalSecret('paused', { password: 'db' }, { suspend: true })
    await env.untilReason('externalsecrets', 'web', 'Synced')
    await env.untilReason('externalsecrets', 'lost', 'SecretNotFound')
    await env.untilReason('externalsecrets', 'paused', 'Suspended')
    // Events are written some time after what they report.
    await until('its event is there', async () => (await env.visibleObjects()).includes('Secret web: db version'))
    await createWorkloads(cluster, 'web')
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  /** A server for the user of a kubeconfig, and what passed between it and the API server. */
  const serve = async (
    kubeconfigPath: string,
    { namespace = ns, isReadOnly = false }: { readonly namespace?: string; readonly isReadOnly?: boolean } = {},
  ) => {
    const traffic: string[] = []
    const client = recording(await KubeClient.fromKubeConfig({ kubeconfigPath }), traffic)
    const server = await TestServer.ofTest(client, ns, { shown: namespace, isReadOnly, act: actionRunner(client) })
    return { server, traffic }
  }
  const userOf = (name: string, ...rules: Rule[]): Promise<string> => kubeconfigOfUser(cluster, name, rules)
  const post = async (server: TestServer, action: string, detail: ResourceDetail): Promise<ActionResult> => {
    const { namespace, name } = detail.row
    const headers = { origin: `http://${server.host}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ action, namespace, name, uid: detail.uid })
    return parsed(await server.page('actions', { method: 'POST', headers, body })) as ActionResult
  }
  /** A detail, again until all of its parts are read: the server waits for them two seconds only. */
  const detailOf = (server: TestServer, name: string): Promise<ResourceDetail> =>
    until(`all parts of ${name} are read`, async () => {
      const detail = parsed(await server.page(`externalsecrets/${ns}/${name}`)) as ResourceDetail
      return !isResourceIncomplete(detail) && detail
    })
  /** The detail of `web` once it passes, after a change of it. Changes of other parts, such as their first reads, may come before. */
  const detailWhen = async (
    server: TestServer,
    reader: Reader,
    passes: (detail: ResourceDetail) => boolean,
  ): Promise<ResourceDetail> => {
    for (;;) {
      await reader.until(({ data }) => (data as Delta).touched?.includes(`${ns}/web`) ?? false)
      const detail = await detailOf(server, 'web')
      if (passes(detail)) return detail
    }
  }

  it('shows an administrator everything, and no value passes on any way', async () => {
    const { server, traffic } = await serve(cluster.kubeconfigPath)
    using reader = await server.stream()
    const view = await snapshotWhen(reader, ({ resources, access, stores }) => {
      const isLive = access.every(({ state }) => state === 'live')
      return isLive && resources.length === 3 && stores.length === 1
    })
    expect(view.cluster.state).toBe('live')
    expect(view.overview).toMatchObject({
      counts: { total: 3, ready: 1, degraded: 0, failing: 1, pending: 0, suspended: 1 },
      causes: [
        {
          reason: 'SecretNotFound',
          stores: [`SecretStore ${ns}/kms`],
          resources: [`${ns}/lost`],
          count: 1,
          total: 3,
          guide: { reason: 'SecretNotFound', run: expect.arrayContaining(["acksm list 'PREFIX/*'"]) as string[] },
        },
      ],
      operator: { state: 'running', namespace: ns, isConfirmed: true, isLed: true },
    })
    expect(view.overview.changes.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['created', 'written', 'ready', 'not-ready', 'suspended']),
    )
    expect(view.resources.find(({ name }) => name === 'web')).toMatchObject({
      key: `${ns}/web`,
      state: 'ready',
      reason: 'Synced',
      keyCount: 2,
      secret: 'web',
      stores: [`SecretStore ${ns}/kms`],
      isOutdated: false,
    })
    expect(view.stores[0]).toMatchObject({ id: `SecretStore ${ns}/kms`, state: 'ready', users: { total: 3 } })

    const detail = await detailOf(server, 'web')
    expect(detail).toMatchObject({
      message: '2 keys up to date',
      target: { state: 'present', keyCount: 2, type: 'Opaque' },
      sources: [
        { secret: 'db', state: 'ok', versionStage: 'ACSCurrent', keys: ['password'] },
        { secret: 'token', state: 'ok', keys: ['token'] },
      ],
      events: { state: 'known', events: [{ reason: 'Synced', type: 'Normal' }] },
      actions: { refresh: { state: 'allowed' }, suspend: { state: 'allowed' }, resume: { state: 'no-effect' } },
    })
    expect(detail.workloads?.map(({ kind, name, uses }) => [kind, name, uses])).toEqual([
      ['Deployment', 'web', ['env DB_PASSWORD', 'volume tls']],
      ['StatefulSet', 'db', ['projected volume all']],
      ['CronJob', 'report', ['envFrom']],
      ['Job', 'migrate', ['envFrom']],
      ['Pod', 'debug', ['imagePullSecrets']],
      ['Ingress', 'shop', ['tls']],
      ['ServiceAccount', 'puller', ['imagePullSecrets']],
      ['Rollout', 'canary', ['env DB_PASSWORD']],
    ])
    expect(detail).toMatchObject({ hiddenWorkloads: [], unreadWorkloads: [] })
    const edges = detail.graph.edges.map(({ from, to }) => `${from.replace(/ of .*/, '')} → ${to}`)
    expect(edges).toEqual(
      expect.arrayContaining([
        `KMSSecret db → SecretStore ${ns}/kms`,
        `SecretStore ${ns}/kms → ExternalSecret ${ns}/web`,
        `ExternalSecret ${ns}/web → Secret ${ns}/web`,
        `Secret ${ns}/web → Deployment ${ns}/web`,
        `Secret ${ns}/web → Ingress ${ns}/shop`,
        `Secret ${ns}/web → Pod ${ns}/debug`,
        `Secret ${ns}/web → ServiceAccount ${ns}/puller`,
      ]),
    )
    const store = await until('the events of the store are read', async () => {
      const read = parsed(await server.page(`secretstores/${ns}/kms`)) as StoreDetail
      return !isStoreIncomplete(read) && read
    })
    expect(store).toMatchObject({ row: { users: { total: 3 } }, events: { state: 'known' } })
    expect((await server.page(`externalsecrets/${ns}/none`)).status).toBe(404)
    expectNoValue([JSON.stringify(view), JSON.stringify(detail), JSON.stringify(store), ...traffic])
    expect(traffic.join('')).toContain('PartialObjectMetadata')
  })

  it('asks for a Secret by its name only, and watches otherwise', async () => {
    const kubeconfig = await userOf('watched', READS, METADATA)
    const log = await AuditLog.fromNow(cluster.auditLogPath)
    const { server } = await serve(kubeconfig)
    using reader = await server.stream()
    await snapshotWhen(reader, ({ resources }) => resources.length === 3)
    await detailOf(server, 'web')
    // Again, as after a change.
    await detailOf(server, 'web')
    const requests: AuditedRequest[] = []
    // A watch begins after the list that the page shows.
    await until('both watches have begun', async () => {
      requests.push(...(await log.take(`system:serviceaccount:${ns}:watched`)))
      const watched = requests.filter(({ verb }) => verb === 'watch').map(({ resource }) => resource)
      return ['secrets', 'events', 'externalsecrets'].every((each) => watched.includes(each))
    })
    const secrets = requests.filter(({ resource }) => resource === 'secrets')
    expect(secrets.map(({ verb, name }) => `${verb} ${name}`)).toEqual(['list web', 'watch web'])
    const events = requests.filter(({ resource }) => resource === 'events')
    expect(events.map(({ verb }) => verb)).toEqual(['list', 'watch'])
    expect(requests.filter(({ verb }) => verb === 'watch').map(({ resource }) => resource)).toContain('externalsecrets')
    expect(
      requests
        .filter(({ verb }) => ['create', 'patch', 'update', 'delete'].includes(verb))
        .map(({ resource }) => resource),
    ).toEqual(['selfsubjectaccessreviews'])
  })

  it('shows a tenant only the own namespace, and what is hidden', async () => {
    const kubeconfig = await userOf('tenant', { ...READS, resources: ['externalsecrets', 'secretstores'] })
    const { server } = await serve(kubeconfig)
    using reader = await server.stream()
    const view = await snapshotWhen(reader, ({ resources, access }) => resources.length === 3 && settled(access))
    expect(new Map(view.access.map(({ kind, state }) => [kind, state]))).toEqual(
      new Map([
        ['ExternalSecret', 'live'],
        ['SecretStore', 'live'],
        ['ClusterSecretStore', 'forbidden'],
        ['ClusterExternalSecret', 'forbidden'],
        ['PushSecret', 'forbidden'],
        ['Deployment', 'forbidden'],
        ['StatefulSet', 'forbidden'],
        ['DaemonSet', 'forbidden'],
        ['CronJob', 'forbidden'],
        ['OperatorDeployment', 'forbidden'],
        ['OperatorPod', 'forbidden'],
        ['Lease', 'forbidden'],
      ]),
    )
    const detail = await detailOf(server, 'web')
    expect(detail).toMatchObject({
      target: { state: 'forbidden' },
      events: { state: 'forbidden' },
      hiddenWorkloads: ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'Pod', 'Ingress', 'ServiceAccount'],
      actions: {
        refresh: { state: 'denied', why: `you may not patch externalsecrets.alibabacloud.com in namespace ${ns}` },
      },
    })
    expect(detail.workloads).toBeUndefined()
    // The API server decides, not the page.
    expect(await post(server, 'suspend', detail)).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('forbidden') as string,
    })
    expect((await server.page('externalsecrets/kube-system/web')).status).toBe(404)
  })

  it('names the kinds that a user may not list, shows the others, and gets a Secret that may not be listed', async () => {
    const pods: Rule = { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }
    const secret: Rule = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }
    const own = { ...READS, resources: ['externalsecrets', 'secretstores'] }
    const { server } = await serve(await userOf('pods-only', own, pods, secret))
    using reader = await server.stream()
    await snapshotWhen(reader, ({ resources, access }) => resources.length === 3 && settled(access))
    const detail = await detailOf(server, 'web')
    expect(detail.hiddenWorkloads).toEqual([
      'Deployment',
      'StatefulSet',
      'DaemonSet',
      'CronJob',
      'Job',
      'Ingress',
      'ServiceAccount',
    ])
    expect(detail.workloads?.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['Pod debug', 'Rollout canary'])
    expect(detail.target).toMatchObject({ state: 'present', isPolled: true, keyCount: 2 })
  })

  it.skipIf(POD_IP === undefined)('shows the reads of KMS and the replicas, or why it cannot', async () => {
    const pods = `/api/v1/namespaces/${ns}/pods`
    const metadata = { name: 'operator', labels: { 'app.kubernetes.io/name': 'ack-secret-manager' } }
    const ports = [{ name: 'metrics', containerPort: operator.metricsPort }]
    await cluster.request('POST', pods, { metadata, spec: { containers: [{ name: 'a', image: 'a', ports }] } })
    const status = {
      podIP: POD_IP,
      podIPs: [{ ip: POD_IP }],
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
    }
    await cluster.request('PATCH', `${pods}/operator/status`, { status })
    onTestFinished(async () => {
      await cluster.request('DELETE', `${pods}/operator`, { gracePeriodSeconds: 0 })
    })
    const { server } = await serve(cluster.kubeconfigPath)
    using reader = await server.stream()
    const { overview } = await snapshotWhen(reader, (view) => view.overview.kms.state === 'known')
    expect(overview.kms).toMatchObject({ pod: 'operator', errors: expect.any(Number) as number })
    expect(overview.kms.state === 'known' && overview.kms.reads).toBeGreaterThan(0)
    expect(overview.operator.replicas).toMatchObject([{ name: 'operator', isReady: true, phase: 'Running' }])

    const rights: Rule = { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }
    const { server: other } = await serve(await userOf('no-proxy', READS, rights))
    using second = await other.stream()
    const view = await snapshotWhen(second, (each) => each.overview.kms.state === 'unknown')
    expect(view.overview.kms).toEqual({ state: 'unknown', why: 'you may not get pods/proxy of the operator' })
  })

  it('says that a tenant needs a namespace', async () => {
    const { server } = await serve(await userOf('wide', READS), { namespace: '' })
    using reader = await server.stream()
    const view = await snapshotWhen(reader, ({ cluster: { state } }) => state === 'forbidden')
    expect(view.cluster).toMatchObject({ state: 'forbidden', hint: 'acksm ui -n NAMESPACE' })
    expect(view.resources).toEqual([])
  })

  it('lists what may not be watched', async () => {
    const { server } = await serve(await userOf('lister', { ...READS, verbs: ['get', 'list'] }))
    using reader = await server.stream()
    // A list comes before the watch that is refused.
    const isPolled = ({ kind, state }: AccessView): boolean => kind === 'ExternalSecret' && state === 'polling'
    const view = await snapshotWhen(reader, ({ access }) => access.some(isPolled))
    expect(view.resources).toHaveLength(3)
  })

  describe('with actions', () => {
    it('refreshes, suspends and resumes, and the page sees it', async () => {
      const { server } = await serve(await userOf('actor', READS, PATCHES, METADATA))
      using reader = await server.stream()
      await snapshotWhen(reader, ({ resources }) => resources.length === 3)
      const web = await detailOf(server, 'web')
      expect(await post(server, 'refresh', web)).toEqual({ result: 'done', message: 'refresh requested' })
      expect(await post(server, 'resume', web)).toEqual({ result: 'unchanged', message: 'is not suspended' })
      expect(await post(server, 'suspend', web)).toEqual({ result: 'done', message: 'suspended' })
      await rowWhen(reader, `${ns}/web`, ({ state }) => state === 'suspended')
      const suspended = await detailOf(server, 'web')
      expect(suspended.actions).toMatchObject({
        refresh: { state: 'no-effect', why: 'is suspended' },
        resume: { state: 'allowed' },
      })
      expect(await post(server, 'refresh', suspended)).toMatchObject({ result: 'refused' })
      expect(await post(server, 'resume', suspended)).toEqual({ result: 'done', message: 'resumed' })
      await rowWhen(reader, `${ns}/web`, ({ state }) => state === 'ready')
      expect(await post(server, 'suspend', { ...web, uid: 'another' })).toEqual({
        result: 'refused',
        message: 'was deleted and created again',
      })
    })

    it('shows a new resource, its failure and its end', async () => {
      const { server } = await serve(cluster.kubeconfigPath)
      using reader = await server.stream()
      await snapshotWhen(reader, ({ resources }) => resources.length === 3)
      await env.externalSecret('fresh', { password: 'nowhere' })
      await rowWhen(reader, `${ns}/fresh`, ({ reason }) => reason === 'SecretNotFound')
      await cluster.request('DELETE', env.resourcePath('externalsecrets', 'fresh'))
      await reader.until(({ data }) => (data as Delta).resources?.removed.includes(`${ns}/fresh`) ?? false)
    })

    it('touches the details of the ExternalSecrets that a changed workload uses', async () => {
      const { server } = await serve(cluster.kubeconfigPath)
      using reader = await server.stream()
      await snapshotWhen(reader, ({ access }) => access.every(({ state }) => state === 'live'))
      await cluster.request('PATCH', `/apis/apps/v1/namespaces/${ns}/deployments/web`, { spec: { replicas: 3 } })
      const wantedOf = ({ workloads = [] }: ResourceDetail): unknown =>
        workloads.find(({ name, kind }) => name === 'web' && kind === 'Deployment')?.wanted
      await detailWhen(server, reader, (detail) => wantedOf(detail) === 3)
    })

    it('shows on an open page what happens to the Secret, to what uses it, and in events', async () => {
      const { server } = await serve(cluster.kubeconfigPath)
      using reader = await server.stream()
      await snapshotWhen(reader, ({ access }) => access.every(({ state }) => state === 'live'))
      const before = await detailOf(server, 'web')
      await cluster.request('DELETE', `/apis/networking.k8s.io/v1/namespaces/${ns}/ingresses/shop`)
      await detailWhen(server, reader, ({ workloads = [] }) => workloads.every(({ kind }) => kind !== 'Ingress'))

      const involvedObject = { kind: 'ExternalSecret', namespace: ns, name: 'web', uid: before.uid }
      const event = {
        metadata: { name: 'web.1' },
        involvedObject,
        reason: 'Noticed',
        message: 'by a test',
        type: 'Warning',
      }
      await cluster.request('POST', `/api/v1/namespaces/${ns}/events`, event)
      await detailWhen(
        server,
        reader,
        ({ events }) => events.state === 'known' && events.events.some(({ reason }) => reason === 'Noticed'),
      )

      await cluster.request('DELETE', `/api/v1/namespaces/${ns}/secrets/web`)
      // The operator writes it again at once, so only its age tells.
      await detailWhen(
        server,
        reader,
        ({ target }) => target.state === 'missing' || target.createdAt !== before.target.createdAt,
      )
    })

    it('shows that the operator has stopped', async () => {
      const { server } = await serve(cluster.kubeconfigPath, { isReadOnly: true })
      using reader = await server.stream()
      await snapshotWhen(reader, ({ overview }) => overview.operator.state === 'running')
      expect((await detailOf(server, 'web')).actions.refresh).toEqual({ state: 'read-only' })
      await operator.stop()
      await reader.until(({ data }) => (data as Delta).overview?.operator.state === 'stopped')
    })
  })
})

function parsed({ status, body }: Answer): unknown {
  collect('acksm ui', body)
  if (status !== 200) throw new Error(`HTTP ${status}: ${body}`)
  return JSON.parse(body)
}

function settled(access: Snapshot['access']): boolean {
  return access.every(({ state }) => state !== 'loading')
}

function expectNoValue(texts: readonly string[]): void {
  const all = texts.join('\n')
  expect(all).not.toContain(VALUE)
  expect(all).not.toContain(Buffer.from(VALUE).toString('base64').slice(0, 16))
}

interface Reader {
  next(): Promise<ReadEvent | undefined>
  until(passes: (event: ReadEvent) => boolean): Promise<ReadEvent>
}

/** Applies events as a page does, until the whole passes. */
async function snapshotWhen(reader: Reader, passes: (view: Snapshot) => boolean): Promise<Snapshot> {
  let view: Snapshot | undefined
  await reader.until(({ event, data }) => {
    if (event === 'snapshot') view = data as Snapshot
    else if (event === 'delta' && view !== undefined) view = applied(view, data as Delta)
    return view !== undefined && passes(view)
  })
  if (view === undefined) throw new Error('no snapshot')
  return view
}

function applied(
  view: Snapshot,
  { resources, stores, clusterExternalSecrets, pushSecrets, touched: _touched, ...whole }: Delta,
): Snapshot {
  return {
    ...view,
    ...whole,
    resources: changed(view.resources, resources, ({ key }) => key),
    stores: changed(view.stores, stores, ({ id }) => id),
    clusterExternalSecrets: changed(view.clusterExternalSecrets, clusterExternalSecrets, ({ name }) => name),
    pushSecrets: changed(view.pushSecrets, pushSecrets, ({ id }) => id),
  }
}

function changed<Row>(
  rows: readonly Row[],
  changes: { readonly set: readonly Row[]; readonly removed: readonly string[] } | undefined,
  keyOf: (row: Row) => string,
): readonly Row[] {
  const all = new Map(rows.map((row) => [keyOf(row), row]))
  for (const row of changes?.set ?? []) all.set(keyOf(row), row)
  for (const key of changes?.removed ?? []) all.delete(key)
  return [...all.values()]
}

async function rowWhen(
  reader: Reader,
  key: string,
  passes: (row: Snapshot['resources'][number]) => boolean,
): Promise<void> {
  await reader.until(
    ({ data }) => (data as Delta).resources?.set.some((row) => row.key === key && passes(row)) ?? false,
  )
}

/** A client that keeps what the API server sends. */
function recording(client: KubeClient, traffic: string[]): KubeClient {
  const { request, stream } = { request: client.request.bind(client), stream: client.stream.bind(client) }
  client.request = async <T>(call: KubeRequest) => {
    const response = await request<T>(call)
    traffic.push(JSON.stringify(response.body))
    return response
  }
  client.stream = async (call: KubeStreamRequest) => {
    const chunks = await stream(call)
    return (async function* () {
      for await (const chunk of chunks) {
        traffic.push(Buffer.from(chunk).toString())
        yield chunk
      }
    })()
  }
  return client
}
