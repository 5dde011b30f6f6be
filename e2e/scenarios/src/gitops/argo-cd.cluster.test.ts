import { runArgoScript } from '@ack-secret-manager/chart/programs/argo-lua'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { ACCESS_KEY, accessKeyStore, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ManyNamespaces } from '../many-namespaces.ts'
import { PUSH_ACTIONS } from '../push-secret/push-environment.ts'
import { type Captured, captureStatuses } from './capture-status.ts'
import { kstatusOf, type LiveResource } from './kstatus.ts'
import { mergePatchOf } from './merge-patch.ts'

interface Health {
  readonly status: string
  readonly message: string
}

const API = '/apis/alibabacloud.com/v1alpha1'

describeCluster('Argo CD and kstatus', { timeout: 300_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let namespaces: ManyNamespaces
  let store: string
  const captured: Captured[] = []

  beforeAll(async () => {
    const allow = [{ actions: [...PUSH_ACTIONS, 'kms:GetSecretValue'], resources: ['*'] }]
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: () => ({
        accessKeys: [{ ...ACCESS_KEY, allow }],
        secrets: [{ name: 'db', versions: [{ id: 'v1', data: '{"user":"tom"}' }] }],
      }),
    })
    await env.putSecret('kms-key', { ...ACCESS_KEY })
    await env.apply('SecretStore', 'kms', { ...accessKeyStore('kms-key'), allowPush: [{ secrets: ['shop/*', 'db'] }] })
    namespaces = env.use(await ManyNamespaces.open(cluster, ['a', 'b', 'unwatched']))
    store = await env.clusterStore('kms', accessKeyStore('kms-key', cluster.namespace))
    await env.clusterStore('lost', accessKeyStore('no-such-key', cluster.namespace))
    const watched = [cluster.namespace, namespaces.nameOf('a'), namespaces.nameOf('b')]
    await env.leader(`--watch-namespaces=${watched.join()}`, '--process-push-secret')
    await env.externalSecret('synced', { password: 'db' })
    await env.externalSecret('missing', { password: 'no-such-secret' })
    await env.externalSecret('partial', { password: 'db', token: 'no-such-secret' })
    await env.externalSecret('suspended', { password: 'db' }, { suspend: true })
    await env.putSecret('taken', { password: 'theirs' })
    await env.externalSecret('taken', { password: 'db' })
    const data = [{ key: 'db', name: 'password', secretStoreRef: { name: 'no-such-store' } }]
    await env.apply('ExternalSecret', 'no-store', { data })
    const path = [{ key: 'db', jmesPath: [{ path: 'password', objectAlias: 'x' }], secretStoreRef: { name: 'kms' } }]
    await env.apply('ExternalSecret', 'no-path', { data: path })
    await env.apply('SecretStore', 'lost', accessKeyStore('no-such-key'))
    await env.putSecret('source', { password: 'pushed' })
    await push('pushed', 'shop/pushed')
    await push('taken', 'db')
    await push('unallowed', 'other')
    await cluster.request('POST', namespaces.pathOf('unwatched', 'new').replace(/\/new$/, ''), external('new'))
    await cluster.request('POST', namespaces.pathOf('b', 'foreign').replace(/\/foreign$/, ''), external('foreign'))
    await spread('everywhere', ['a', 'b'])
    await spread('foreign', ['a', 'b'])
    await spread('nowhere', ['no-such-namespace'])
  }, 240_000)
  afterAll(async () => {
    if (process.env['CAPTURE_STATUSES'] !== undefined) await captureStatuses(captured, cluster.namespace)
    for (const name of ['everywhere', 'foreign', 'nowhere']) await namespaces?.dismiss(name)
    await env?.[Symbol.asyncDispose]()
  })

  function specOf(): object {
    return { data: [{ key: 'db', name: 'password', secretStoreRef: { name: store, kind: 'ClusterSecretStore' } }] }
  }

  function push(name: string, key: string): Promise<void> {
    const data = [{ key, secretKey: 'password' }]
    return env.apply('PushSecret', name, { secretStoreRef: { name: 'kms' }, selector: { name: 'source' }, data })
  }

  function external(name: string): object {
    return { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', metadata: { name }, spec: specOf() }
  }

  async function spread(name: string, letters: readonly string[]): Promise<void> {
    const conditions = [{ namespaces: letters.map((letter) => namespaces.nameOf(letter)) }]
    await namespaces.ask(name, { externalSecretName: name, externalSecretSpec: specOf(), conditions })
  }

  function pathOf(kind: string, name: string): string {
    const unique = `${name}-${cluster.namespace}`
    if (kind === 'ClusterSecretStore') return `${API}/clustersecretstores/${unique}`
    if (kind === 'ClusterExternalSecret') return `${API}/clusterexternalsecrets/${namespaces.nameOf(name)}`
    if (name === 'new') return namespaces.pathOf('unwatched', name)
    return env.resourcePath(`${kind.toLowerCase()}s`, name)
  }

  /** A resource once its Ready condition has the reason; with an empty reason it has no status. */
  async function live(kind: string, name: string, reason: string): Promise<LiveResource> {
    return until(`${kind} ${name} is ${reason}`, async () => {
      const { body } = await cluster.request<LiveResource>('GET', pathOf(kind, name))
      const ready = body.status?.conditions?.find(({ type }) => type === 'Ready')
      const isCurrent = ready?.observedGeneration === body.metadata.generation
      return (ready?.reason ?? '') === reason && (reason === '' || isCurrent) ? body : undefined
    })
  }

  async function healthOf(object: LiveResource): Promise<Health> {
    const [health] = await runArgoScript(`${object.kind}/health.lua`, [object])
    return health as Health
  }

  it.each([
    ['ExternalSecret', 'synced', 'Synced', 'Healthy', 'Current'],
    ['ExternalSecret', 'missing', 'SecretNotFound', 'Degraded', 'InProgress'],
    ['ExternalSecret', 'partial', 'Degraded', 'Degraded', 'InProgress'],
    ['ExternalSecret', 'taken', 'TargetConflict', 'Degraded', 'InProgress'],
    ['ExternalSecret', 'no-store', 'StoreNotFound', 'Degraded', 'InProgress'],
    ['ExternalSecret', 'no-path', 'PathNotFound', 'Degraded', 'InProgress'],
    ['ExternalSecret', 'suspended', 'Suspended', 'Suspended', 'InProgress'],
    ['ExternalSecret', 'new', '', 'Progressing', 'Current'],
    ['SecretStore', 'kms', 'Ready', 'Healthy', 'Current'],
    ['SecretStore', 'lost', 'AuthenticationFailed', 'Degraded', 'InProgress'],
    ['ClusterSecretStore', 'kms', 'Ready', 'Healthy', 'Current'],
    ['ClusterSecretStore', 'lost', 'AuthenticationFailed', 'Degraded', 'InProgress'],
    ['PushSecret', 'pushed', 'Synced', 'Healthy', 'Current'],
    ['PushSecret', 'taken', 'TargetConflict', 'Degraded', 'InProgress'],
    ['PushSecret', 'unallowed', 'StoreNotAllowed', 'Degraded', 'InProgress'],
    ['ClusterExternalSecret', 'everywhere', 'Provisioned', 'Healthy', 'Current'],
    ['ClusterExternalSecret', 'nowhere', 'NoNamespace', 'Healthy', 'Current'],
    ['ClusterExternalSecret', 'foreign', 'Degraded', 'Degraded', 'InProgress'],
  ])('%s %s with reason "%s": Argo CD shows %s, kstatus %s', async (kind, name, reason, shown, kstatus) => {
    const object = await live(kind, name, reason)
    const health = await healthOf(object)
    expect([health.status, kstatusOf(object)]).toEqual([shown, kstatus])
    const message = object.status?.conditions?.find(({ type }) => type === 'Ready')?.message
    expect(health.message).toContain(message ?? 'waiting for the operator')
    captured.push({ file: reason === '' ? 'no-status' : reason.toLowerCase(), object, health })
  })

  it.each(['ExternalSecret', 'SecretStore', 'PushSecret', 'ClusterExternalSecret'])(
    '%s: the status of a previous spec is progress',
    async (kind) => {
      const healthy: Readonly<Record<string, readonly [name: string, reason: string]>> = {
        ExternalSecret: ['synced', 'Synced'],
        SecretStore: ['kms', 'Ready'],
        PushSecret: ['pushed', 'Synced'],
      }
      const object = await live(kind, ...(healthy[kind] ?? ['everywhere', 'Provisioned']))
      const later = { ...object, metadata: { ...object.metadata, generation: object.metadata.generation + 1 } }
      expect((await healthOf(later)).status).toBe('Progressing')
      // Stores have no status.observedGeneration.
      expect(kstatusOf(later)).toBe(kind === 'SecretStore' ? 'Current' : 'InProgress')
    },
  )

  /** Does what Argo CD does for an action. */
  async function act(action: string, object: LiveResource): Promise<void> {
    const [after] = await runArgoScript(`${object.kind}/actions/${action}/action.lua`, [object])
    const patch = mergePatchOf({ ...object }, after as Record<string, unknown>)
    const name = object.kind === 'ClusterExternalSecret' ? 'everywhere' : object.metadata.name
    expect(JSON.stringify(patch)).toMatch(
      action === 'refresh' ? /refresh-now/ : /^\{"spec":\{"suspend":(true|null)\}\}$/,
    )
    const { status } = await cluster.request('PATCH', pathOf(object.kind, name), patch)
    expect(status).toBe(200)
  }

  async function actionsOf(object: LiveResource): Promise<unknown> {
    const [actions] = await runArgoScript(`${object.kind}/actions/discovery.lua`, [object])
    return actions
  }

  it('an ExternalSecret is refreshed by the action, and the operator handles it', async () => {
    const before = await live('ExternalSecret', 'synced', 'Synced')
    await act('refresh', before)
    const handled = await until('the refresh is handled', async () => {
      const { metadata, status } = await live('ExternalSecret', 'synced', 'Synced')
      const requested = metadata.annotations?.['alibabacloud.com/refresh-now']
      return requested !== undefined && status?.lastHandledRefresh === requested ? requested : undefined
    })
    expect(handled).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect((await live('ExternalSecret', 'synced', 'Synced')).spec).toEqual(before.spec)
  })

  it('an ExternalSecret is suspended and resumed by the actions', async () => {
    const before = await live('ExternalSecret', 'synced', 'Synced')
    const [off, on] = [{ disabled: true }, { disabled: false }]
    expect(await actionsOf(before)).toEqual({ refresh: on, suspend: on, resume: off })
    await act('suspend', before)
    const suspended = await live('ExternalSecret', 'synced', 'Suspended')
    expect([(await healthOf(suspended)).status, await actionsOf(suspended)]).toEqual([
      'Suspended',
      { refresh: off, suspend: off, resume: on },
    ])
    await act('resume', suspended)
    expect((await live('ExternalSecret', 'synced', 'Synced')).spec).toEqual(before.spec)
  })

  it('a Secret gets no mark of Argo CD from its ExternalSecret, so that it is never pruned', async () => {
    const labels = { 'app.kubernetes.io/instance': 'shop' }
    const annotations = { 'argocd.argoproj.io/tracking-id': 'shop:alibabacloud.com/ExternalSecret:shop/tracked' }
    const data = [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }]
    const metadata = { name: 'tracked', labels, annotations }
    await env.applyObject({ apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', metadata, spec: { data } })
    const { metadata: written } = await env.untilSecret('tracked', { password: '{"user":"tom"}' })
    const marks = Object.keys({ ...written.labels, ...written.annotations })
    expect(marks).toContain('alibabacloud.com/managed-by')
    expect(marks.filter((mark) => /argocd|instance/.test(mark))).toEqual([])
  })

  it('a ClusterExternalSecret refreshes its ExternalSecrets by the action', async () => {
    const before = await live('ClusterExternalSecret', 'everywhere', 'Provisioned')
    expect(await actionsOf(before)).toEqual({ refresh: [] })
    await act('refresh', before)
    for (const letter of ['a', 'b']) {
      await until(`the ExternalSecret in ${letter} is refreshed`, async () => {
        const { body } = await cluster.request<LiveResource>('GET', namespaces.pathOf(letter, 'everywhere'))
        const requested = body.metadata.annotations?.['alibabacloud.com/refresh-now']
        return requested !== undefined && body.status?.lastHandledRefresh === requested
      })
    }
  })
})
