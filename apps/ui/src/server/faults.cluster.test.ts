import { readKubeconfig } from '@ack-secret-manager/control-plane'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { FaultProxy, type GivenResponse } from '@ack-secret-manager/test-support/fault-proxy'
import { installCrds, until } from '@ack-secret-manager/testenv'
import { readFile } from 'node:fs/promises'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import type { ReadKind } from '../model/views/access.ts'
import type { ResourceDetail } from '../model/views/resource-detail.ts'
import type { Delta, Snapshot } from '../model/views/wire.ts'
import { externalSecret, statusOf } from '../testing/objects.ts'
import { clientOf, type EventReader, isResourceIncomplete, TestServer } from '../testing/test-server.ts'

const statusResponse = (code: number, reason: string): GivenResponse => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: `it is ${reason}` },
})

describeCluster('a page while the API server fails', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  const ns = cluster.namespace
  const collection = `/apis/alibabacloud.com/v1alpha1/namespaces/${ns}/externalsecrets`

  beforeAll(async () => {
    await installCrds(cluster.request, crds())
    const { spec } = externalSecret('web')
    const object = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', metadata: { name: 'web' }, spec }
    await cluster.request('POST', collection, object)
  })

  /** A server behind a proxy that can fail, and the stream of a page. */
  const open = async (
    prepare: (proxy: FaultProxy) => void = () => undefined,
    {
      isOperatorGiven = true,
      isReadOnly = true,
    }: { readonly isOperatorGiven?: boolean; readonly isReadOnly?: boolean } = {},
  ) => {
    const { server: target, ...trust } = readKubeconfig(await readFile(cluster.kubeconfigPath, 'utf8'))
    const proxy = await FaultProxy.open({ service: 'api', target, ...trust })
    prepare(proxy)
    const client = clientOf(proxy.url)
    onTestFinished(() => proxy[Symbol.asyncDispose]())
    const operatorNamespace = isOperatorGiven ? ns : undefined
    const server = await TestServer.ofTest(client, ns, { isReadOnly, operatorNamespace })
    return { proxy, server, reader: await server.stream() }
  }
  const stateIs = (reader: EventReader, state: string): Promise<unknown> =>
    reader.until(({ data }) => (data as Partial<Snapshot>).cluster?.state === state)
  const messageIs = (reader: EventReader, message: string): Promise<unknown> =>
    reader.until(
      ({ event, data }) =>
        event === 'delta' && ((data as Delta).resources?.set.some((row) => row.message === message) ?? false),
    )
  const change = async (message: string): Promise<void> => {
    await cluster.request('PATCH', `${collection}/web/status`, { status: statusOf('Synced', message) })
  }

  it('lists again after a 410, and goes on', async () => {
    const { proxy, reader } = await open()
    await stateIs(reader, 'live')
    await expect.poll(() => proxy.watches.size).toBeGreaterThan(5)
    const gone = statusResponse(410, 'Expired').body
    for (const watch of proxy.watches) watch.inject(`${JSON.stringify({ type: 'ERROR', object: gone })}\n`)
    await change('after a 410')
    await messageIs(reader, 'after a 410')
  })

  it('shows an outage as one, and what changed in between', async () => {
    const { proxy, reader } = await open()
    await stateIs(reader, 'live')
    proxy.setFault({ fault: { kind: 'reset-before' }, every: 1 })
    for (const watch of proxy.watches) watch.reset()
    await stateIs(reader, 'disconnected')
    await change('in between')
    proxy.setFault(undefined)
    // In one event or in two.
    const wanted = new Set(['live', 'in between'])
    await reader.until(({ data }) => {
      const { cluster: whole, resources } = data as Delta
      wanted.delete(whole?.state ?? '')
      for (const { message } of resources?.set ?? []) wanted.delete(message)
      return wanted.size === 0
    })
  })

  it('shows that the credential is refused, until it is not', async () => {
    const { proxy, reader } = await open()
    await stateIs(reader, 'live')
    proxy.hook = { respond: () => statusResponse(401, 'Unauthorized') }
    for (const watch of proxy.watches) watch.end()
    await stateIs(reader, 'unauthenticated')
    proxy.hook = undefined
    await stateIs(reader, 'live')
  })

  it('shows that a request finds the credential refused while the watches go on, until it does not', async () => {
    const { proxy, server, reader } = await open(undefined, { isReadOnly: false })
    await stateIs(reader, 'live')
    proxy.hook = {
      respond: ({ isWatch }) => (isWatch ? undefined : statusResponse(401, 'Unauthorized')),
    }
    await server.page(`externalsecrets/${ns}/web`)
    await stateIs(reader, 'unauthenticated')
    proxy.hook = undefined
    await stateIs(reader, 'live')
  })

  it('forgets the error of a watch that begins again at once', async () => {
    const { proxy, server, reader } = await open()
    await stateIs(reader, 'live')
    await expect.poll(() => proxy.watches.size).toBeGreaterThan(5)
    for (const watch of proxy.watches) watch.reset()
    await change('after a reset')
    await messageIs(reader, 'after a reset')
    const messages = async (): Promise<readonly string[]> => {
      using page = await server.stream()
      const { access = [] } = ((await page.next())?.data ?? {}) as Partial<Snapshot>
      return access.map(({ message }) => message).filter((message) => message !== '')
    }
    await expect.poll(messages, { interval: 500 }).toEqual([])
  })

  it('sees a Lease renewed, whatever the clock of the leader says', async () => {
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${ns}/leases`
    const renew = (secondsAgo: number): object => ({
      spec: {
        holderIdentity: 'op-1',
        leaseDurationSeconds: 15,
        renewTime: new Date(Date.now() - secondsAgo * 1_000).toISOString().replace('Z', '000Z'),
      },
    })
    await cluster.request('POST', leases, { metadata: { name: 'ack-secret-manager' }, ...renew(150) })
    onTestFinished(async () => void (await cluster.request('DELETE', `${leases}/ack-secret-manager`)))
    const { reader } = await open()
    const operatorIs = (state: string): Promise<unknown> =>
      reader.until(({ data }) => (data as Partial<Snapshot>).overview?.operator.state === state)
    await operatorIs('stopped')
    await cluster.request('PATCH', `${leases}/ack-secret-manager`, renew(148))
    await operatorIs('running')
  })

  it('shows the Events of the object, and none of one of the same name that was deleted', async () => {
    const { metadata } = (await cluster.request('GET', `${collection}/web`)).body as { metadata: { uid: string } }
    for (const [name, uid] of Object.entries({ own: metadata.uid, old: 'uid-of-a-deleted-one' })) {
      await cluster.request('POST', `/api/v1/namespaces/${ns}/events`, {
        metadata: { name },
        involvedObject: { kind: 'ExternalSecret', namespace: ns, name: 'web', uid },
        reason: name,
        message: name,
        type: 'Normal',
      })
    }
    const { server, reader } = await open()
    await stateIs(reader, 'live')
    // The server waits for a first read two seconds only.
    const { events } = await until('all parts are read', async () => {
      const { body } = await server.page(`externalsecrets/${ns}/web`)
      const detail = JSON.parse(body) as ResourceDetail
      return !isResourceIncomplete(detail) && detail
    })
    expect(events).toMatchObject({ state: 'known', events: [{ reason: 'own' }] })
    expect(events.state === 'known' && events.events).toHaveLength(1)
  })

  it('names the flag that shows a forbidden part of the operator', async () => {
    const { reader } = await open(
      (proxy) => {
        proxy.hook = {
          respond: ({ path }) => (path.includes('/leases') ? statusResponse(403, 'Forbidden') : undefined),
        }
      },
      { isOperatorGiven: false },
    )
    const { data } = await reader.until(({ data: each }) =>
      ((each as Partial<Snapshot>).access ?? []).some(({ kind, state }) => kind === 'Lease' && state === 'forbidden'),
    )
    const lease = (data as Partial<Snapshot>).access?.find(({ kind }) => kind === 'Lease')
    expect(lease?.hint).toBe('acksm ui --operator-namespace NAMESPACE')
  })

  it.each<[path: string, kinds: readonly ReadKind[]]>([
    ['/secretstores', ['SecretStore']],
    ['/clustersecretstores', ['ClusterSecretStore']],
    ['/clusterexternalsecrets', ['ClusterExternalSecret']],
    ['/pushsecrets', ['PushSecret']],
    ['/deployments', ['Deployment', 'OperatorDeployment']],
    ['/statefulsets', ['StatefulSet']],
    ['/daemonsets', ['DaemonSet']],
    ['/cronjobs', ['CronJob']],
    ['/pods', ['OperatorPod']],
    ['/leases', ['Lease']],
  ])('shows the rest while %s is forbidden', async (path, kinds) => {
    const { reader } = await open((proxy) => {
      proxy.hook = {
        respond: (call) =>
          new URL(call.path, 'http://a').pathname.endsWith(path) ? statusResponse(403, 'Forbidden') : undefined,
      }
    })
    const { data } = await reader.until(({ data: each }) => {
      const { access } = each as Partial<Snapshot>
      return access?.every(({ state }) => state !== 'loading') ?? false
    })
    const { access = [], cluster: whole } = data as Partial<Snapshot>
    expect(access.filter(({ state }) => state !== 'live').map(({ kind, state }) => [kind, state])).toEqual(
      kinds.map((kind) => [kind, 'forbidden']),
    )
    expect(whole?.state ?? 'live').toBe('live')
  })

  it('does not know what the user may do while no review is answered, and keeps no failure', async () => {
    const { proxy, server, reader } = await open(undefined, { isReadOnly: false })
    await stateIs(reader, 'live')
    // The server waits for a review two seconds only, and then has no status of a response.
    const refreshState = (): Promise<unknown> =>
      until('the review is answered', async () => {
        const { body } = await server.page(`externalsecrets/${ns}/web`)
        const { refresh } = (JSON.parse(body) as ResourceDetail).actions
        return !('why' in refresh && refresh.why.endsWith('may patch it')) && refresh
      })
    for (const [code, reason] of [
      [500, 'InternalError'],
      [403, 'Forbidden'],
    ] as const) {
      proxy.hook = {
        respond: ({ path }) => (path.includes('/selfsubjectaccessreviews') ? statusResponse(code, reason) : undefined),
      }
      expect(await refreshState()).toEqual({
        state: 'unknown',
        why: `the API server did not say whether you may patch it (${code})`,
      })
    }
    proxy.hook = undefined
    expect(await refreshState()).toEqual({ state: 'allowed' })
  })

  it.each([
    [403, 'Forbidden', { isConfirmed: false, isUnconfirmable: true }, 'forbidden'],
    [500, 'InternalError', { isConfirmed: true }, 'disconnected'],
  ] as const)(
    'keeps what it knows of the operator after a %i for ClusterRoleBindings, or says that it cannot know',
    async (code, reason, operator, state) => {
      const leasesAreForbidden: NonNullable<FaultProxy['hook']>['respond'] = ({ path }) =>
        path.includes('/leases') ? statusResponse(403, 'Forbidden') : undefined
      // The operator is installed while the page is open. Leases of operators that other files run here would make it one of several.
      const { proxy, reader } = await open(
        (each) => {
          each.hook = { respond: leasesAreForbidden }
        },
        { isOperatorGiven: false },
      )
      await stateIs(reader, 'live')
      const name = `operator-of-${ns}`
      const labels = { 'app.kubernetes.io/name': 'ack-secret-manager' }
      const spec = { containers: [{ name: 'a', image: 'ack-secret-manager:1' }], serviceAccountName: name }
      const deployments = `/apis/apps/v1/namespaces/${ns}/deployments`
      const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
      await cluster.request('POST', deployments, {
        metadata: { name, labels },
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      })
      await cluster.request('POST', bindings, {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'ack-secret-manager' },
        subjects: [{ kind: 'ServiceAccount', namespace: ns, name }],
      })
      onTestFinished(async () => {
        await cluster.request('DELETE', `${deployments}/${name}`)
        await cluster.request('DELETE', `${bindings}/${name}`)
      })
      let view: Partial<Snapshot> = {}
      const viewWhen = (passes: () => boolean): Promise<unknown> =>
        reader.until(({ data }) => {
          view = { ...view, ...(data as Partial<Snapshot>) }
          return passes()
        })
      await viewWhen(() => view.overview?.operator.isConfirmed ?? false)
      proxy.hook = {
        respond: (call) =>
          call.path.includes('/clusterrolebindings') ? statusResponse(code, reason) : leasesAreForbidden(call),
      }
      const gone = `${JSON.stringify({ type: 'ERROR', object: statusResponse(410, 'Expired').body })}\n`
      for (const watch of proxy.watches) watch.inject(gone)
      const isRefused = (): boolean => view.access?.find(({ kind }) => kind === 'ClusterRoleBinding')?.state === state
      // Without the binding there are several candidates while another file has a Deployment of an operator.
      await viewWhen(() => isRefused() && view.overview?.operator.namespace === ns)
      expect(view.overview?.operator).toMatchObject(operator)
      expect(view.cluster?.state ?? 'live').toBe('live')
    },
  )

  it.each([
    [403, 'Forbidden', 'forbidden'],
    [404, 'NotFound', 'no-crds'],
  ])('says that nothing can be shown if the ExternalSecrets are a %i', async (code, reason, state) => {
    const { reader } = await open((proxy) => {
      proxy.hook = {
        respond: ({ path }) => (path.includes('/externalsecrets') ? statusResponse(code, reason) : undefined),
      }
    })
    await stateIs(reader, state)
  })
})
