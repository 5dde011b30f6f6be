import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import {
  accessKeyStore,
  type KubeSecret,
  type OperatorProcess,
  TestEnvironment,
  textsOf,
  until,
} from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ManyNamespaces } from '../many-namespaces.ts'

/** The garbage collector discovers new kinds every half minute, and follows owner references step by step. */
const BUSY_MS = 240_000
/** Backoff doubles up to five minutes. */
const PAUSES_MS = 330_000

describeCluster('ClusterExternalSecrets', { timeout: 2 * PAUSES_MS }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let namespaces: ManyNamespaces
  let store: string
  let operator: OperatorProcess

  const specOf = (key: string, more: object = {}): object => ({
    data: [{ key, name: 'password', secretStoreRef: { name: store, kind: 'ClusterSecretStore' } }],
    ...more,
  })
  const labelled = (stage: string): object => ({ conditions: [{ namespaceSelector: { matchLabels: { stage } } }] })
  const mine = (): readonly string[] => ['a', 'b', 'c'].map((letter) => namespaces.nameOf(letter))
  const start = async (...args: string[]): Promise<OperatorProcess> =>
    env.operator(`--watch-namespaces=${mine().join()}`, ...args)

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one', token: 'two' } } })
    store = await env.clusterStore('kms', accessKeyStore('kms-key', cluster.namespace))
    namespaces = env.use(await ManyNamespaces.open(cluster, ['a', 'b', 'c', 'd']))
    operator = await start()
    await operator.leading()
  }, BUSY_MS)
  afterAll(() => env?.[Symbol.asyncDispose]())

  it('create an ExternalSecret in each selected namespace, and delete it when the namespace is deselected', async () => {
    await namespaces.label('a', { stage: 'follow' })
    await namespaces.label('b', { stage: 'follow' })
    await namespaces.ask('follow', {
      externalSecretName: 'follow',
      externalSecretSpec: specOf('db'),
      ...labelled('follow'),
    })
    await namespaces.untilSecret('a', 'follow', { password: 'one' })
    const status = await namespaces.untilStatus('follow', 'Provisioned', ['a', 'b'])
    expect(status.conditions[0]).toMatchObject({ status: 'True', message: 'ExternalSecret follow is in 2 namespaces' })
    expect((await namespaces.externalSecret('a', 'follow'))?.metadata).toMatchObject({
      labels: { 'alibabacloud.com/cluster-external-secret': namespaces.nameOf('follow') },
      ownerReferences: [{ kind: 'ClusterExternalSecret', name: namespaces.nameOf('follow') }],
    })

    await namespaces.label('c', { stage: 'follow' })
    await namespaces.untilSecret('c', 'follow', { password: 'one' })
    await namespaces.label('a', { stage: null })
    await namespaces.untilSecret('a', 'follow', undefined)
    await namespaces.untilStatus('follow', 'Provisioned', ['b', 'c'])
    await namespaces.dismiss('follow')
    await namespaces.untilSecret('b', 'follow', undefined)
    await namespaces.untilSecret('c', 'follow', undefined)
  })

  it.each([[false], [true]])(
    'keep a Secret if one change sets Retain and deselects its namespace; suspended: %s',
    async (suspend) => {
      const conditions = [{ namespaces: [namespaces.nameOf('a')] }]
      const externalSecretSpec = specOf('db')
      await namespaces.ask('retain', { externalSecretName: 'retain', externalSecretSpec, conditions })
      await namespaces.untilSecret('a', 'retain', { password: 'one' })
      await namespaces.change('retain', { externalSecretSpec: { suspend } })
      await namespaces.until('a', 'retain', (found) => (found?.spec.suspend ?? false) === suspend)
      const path = `/api/v1/namespaces/${namespaces.nameOf('a')}/secrets/retain`
      const { body: before } = await cluster.request<KubeSecret>('GET', path)
      expect(before.metadata.ownerReferences).toHaveLength(1)
      const target = { deletionPolicy: 'Retain' }
      await namespaces.change('retain', { externalSecretSpec: { target }, conditions: [{ namespaces: [] }] })
      await namespaces.until('a', 'retain', (found) => found === undefined)
      const { body: after } = await cluster.request<KubeSecret>('GET', path)
      // The garbage collector deletes a Secret only by a reference.
      expect([after.metadata.uid, after.metadata.ownerReferences, after.data]).toEqual([
        before.metadata.uid,
        undefined,
        before.data,
      ])
      await namespaces.untilStatus('retain', 'NoNamespace', [])
      await namespaces.dismiss('retain')
      await cluster.request('DELETE', path)
    },
  )

  it('restore changed fields, and keep added labels', async () => {
    const spec = { externalSecretName: 'edit', conditions: [{ namespaces: [namespaces.nameOf('a')] }] }
    const externalSecretMetadata = { labels: { team: 'x', other: 'y' } }
    await namespaces.ask('edit', { ...spec, externalSecretMetadata, externalSecretSpec: specOf('db') })
    await namespaces.untilStatus('edit', 'Provisioned', ['a'])
    await namespaces.patch('a', 'edit', {
      metadata: { labels: { team: 'theirs', added: 'theirs' } },
      spec: { rotationInterval: '1h' },
    })
    const repaired = await namespaces.until('a', 'edit', (found) => found?.spec.rotationInterval === undefined)
    expect(repaired?.metadata.labels).toMatchObject({ team: 'x', other: 'y', added: 'theirs' })
    await until('an event says so', async () => (await env.visibleObjects()).includes('"DriftCorrected"'))

    await namespaces.change('edit', {
      externalSecretMetadata: { labels: { team: null } },
      externalSecretSpec: specOf('token', { rotationInterval: '9s' }),
    })
    const changed = await namespaces.until('a', 'edit', (found) => found?.spec.rotationInterval === '9s')
    expect(changed?.metadata.labels).toEqual({
      added: 'theirs',
      other: 'y',
      'alibabacloud.com/cluster-external-secret': namespaces.nameOf('edit'),
    })
    await namespaces.untilSecret('a', 'edit', { password: 'two' })
    await namespaces.dismiss('edit')
  })

  it('create the new ExternalSecret before they delete the old one on a rename', async () => {
    const externalSecretSpec = specOf('db', { target: { name: 'moved-secret' } })
    const spec = { externalSecretSpec, conditions: [{ namespaces: [namespaces.nameOf('a')] }] }
    await namespaces.ask('move', { ...spec, externalSecretName: 'before' })
    await namespaces.untilSecret('a', 'moved-secret', { password: 'one' })
    // The old one exists until the new one does.
    const finalizers = ['example.com/hold']
    await namespaces.patch('a', 'before', { metadata: { finalizers } })
    await namespaces.change('move', { externalSecretName: 'after' })
    await namespaces.until('a', 'after', (found) => found !== undefined)
    await namespaces.patch('a', 'before', { metadata: { finalizers: null } })
    await namespaces.until('a', 'before', (found) => found === undefined)
    await namespaces.untilStatus('move', 'Provisioned', ['a'])
    await namespaces.untilSecret('a', 'moved-secret', { password: 'one' })
    await namespaces.dismiss('move')
  })

  it('keep the Secret and its generated values on a rename with Retain and Adopt', async () => {
    const target = { name: 'kept-secret', creationPolicy: 'Adopt', deletionPolicy: 'Retain' }
    const externalSecretSpec = specOf('kept', { generate: [{ name: 'made', password: {} }], target })
    const conditions = [{ namespaces: [namespaces.nameOf('a')] }]
    const secretOf = async (): Promise<KubeSecret> =>
      (await cluster.request<KubeSecret>('GET', `/api/v1/namespaces/${namespaces.nameOf('a')}/secrets/kept-secret`))
        .body
    await env.simulator.put('kept', 'one')
    await namespaces.ask('keep', { externalSecretName: 'first', externalSecretSpec, conditions })
    await until('the Secret exists', async () => (await secretOf()).metadata?.uid !== undefined)
    const before = await secretOf()
    const { made = '' } = textsOf(before)
    await namespaces.change('keep', { externalSecretName: 'second' })
    await namespaces.until('a', 'first', (found) => found === undefined)
    await env.simulator.put('kept', 'two')
    await namespaces.untilSecret('a', 'kept-secret', { made, password: 'two' })
    expect((await secretOf()).metadata.uid).toBe(before.metadata.uid)
    await namespaces.dismiss('keep')
  })

  it('never change an ExternalSecret that they did not create', async () => {
    const path = namespaces.pathOf('b', 'taken')
    const foreign = {
      metadata: { name: 'taken', labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
      spec: specOf('token'),
    }
    await cluster.request('POST', path.replace(/\/taken$/, ''), {
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ExternalSecret',
      ...foreign,
    })
    await namespaces.untilSecret('b', 'taken', { password: 'two' })
    await until('its status is written', async () =>
      JSON.stringify(await namespaces.externalSecret('b', 'taken')).includes('Synced'),
    )
    const before = await namespaces.externalSecret('b', 'taken')

    const conditions = [{ namespaceRegexes: [`${cluster.namespace}-[ab]`] }]
    await namespaces.ask('taken', { externalSecretName: 'taken', externalSecretSpec: specOf('db'), conditions })
    const { conditions: said, failedNamespaces } = await namespaces.untilStatus('taken', 'Degraded', ['a'])
    expect(failedNamespaces).toEqual([
      { namespace: namespaces.nameOf('b'), reason: expect.stringContaining('Helm manages it') },
    ])
    expect(said[0]).toMatchObject({ status: 'False', message: expect.stringContaining('failed in 1 namespace') })
    await namespaces.change('taken', { conditions: [{ namespaces: [] }] })
    await namespaces.untilStatus('taken', 'NoNamespace', [])
    expect(await namespaces.externalSecret('b', 'taken')).toEqual(before)

    await namespaces.change('taken', { conditions })
    await namespaces.untilStatus('taken', 'Degraded', ['a'])
    await cluster.request('DELETE', path)
    await namespaces.untilStatus('taken', 'Provisioned', ['a', 'b'])
    await namespaces.dismiss('taken')
  })

  it('continue where an admission policy allows it, and elsewhere once it does', async () => {
    const { namespace } = cluster
    const policy = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
    const binding = policy.replace('policies', 'policybindings')
    const apiVersion = 'admissionregistration.k8s.io/v1'
    const rule = {
      apiGroups: ['alibabacloud.com'],
      apiVersions: ['*'],
      operations: ['CREATE'],
      resources: ['externalsecrets'],
    }
    await cluster.request('POST', policy, {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: namespace },
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [{ expression: `request.namespace != '${namespaces.nameOf('b')}'`, message: 'not here' }],
      },
    })
    await cluster.request('POST', binding, {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: namespace },
      spec: { policyName: namespace, validationActions: ['Deny'] },
    })
    await until('the policy works', async () => {
      const path = namespaces.pathOf('b', '').slice(0, -1)
      const body = {
        apiVersion: 'alibabacloud.com/v1alpha1',
        kind: 'ExternalSecret',
        metadata: { name: 'x' },
        spec: specOf('db'),
      }
      return (await cluster.request('POST', `${path}?dryRun=All`, body)).status === 422
    })
    await namespaces.ask('denied', {
      externalSecretSpec: specOf('db'),
      conditions: [{ namespaces: mine() }],
    })
    const { failedNamespaces } = await namespaces.untilStatus('denied', 'Degraded', ['a', 'c'])
    expect(failedNamespaces).toEqual([
      { namespace: namespaces.nameOf('b'), reason: expect.stringContaining('not here') },
    ])
    await cluster.request('DELETE', `${binding}/${namespace}`)
    await cluster.request('DELETE', `${policy}/${namespace}`)
    await namespaces.untilStatus('denied', 'Provisioned', ['a', 'b', 'c'], PAUSES_MS)
    await namespaces.dismiss('denied')
  })

  it('delete nothing while a regular expression is invalid', async () => {
    const spec = { externalSecretName: 'regex', externalSecretSpec: specOf('db') }
    await namespaces.ask('regex', { ...spec, conditions: [{ namespaceRegexes: [`${cluster.namespace}-[ab]`] }] })
    await namespaces.untilStatus('regex', 'Provisioned', ['a', 'b'])
    const before = await namespaces.externalSecret('b', 'regex')
    const conditions = [{ namespaces: [namespaces.nameOf('a')], namespaceRegexes: [`${cluster.namespace}-[ab`] }]
    await namespaces.change('regex', { conditions })
    const status = await namespaces.untilStatus('regex', 'InvalidSpec', ['a'])
    expect(status.conditions[0]?.message).toContain(
      'spec.conditions[0].namespaceRegexes[0]: not a valid regular expression',
    )
    expect((await namespaces.externalSecret('b', 'regex'))?.metadata.uid).toBe(before?.metadata.uid)
    await namespaces.change('regex', { conditions: [{ namespaces: [namespaces.nameOf('a')] }] })
    await namespaces.until('b', 'regex', (found) => found === undefined)
    await namespaces.dismiss('regex')
  })

  it('write nothing after a restart, nor when another replica leads', async () => {
    await namespaces.ask('calm', {
      externalSecretSpec: specOf('db'),
      conditions: [{ namespaces: mine() }],
      externalSecretMetadata: { annotations: { note: 'x' } },
    })
    await namespaces.untilStatus('calm', 'Provisioned', ['a', 'b', 'c'])
    for (const letter of ['a', 'b', 'c'])
      await namespaces.untilSecret(letter, namespaces.nameOf('calm'), { password: 'one' })
    const asked = await namespaces.asked('calm')
    const standby = await start()
    await standby.standingBy()
    await operator.stop()
    await standby.leading()
    // A change triggers a reconcile, which is complete once its effect is visible.
    await namespaces.ask('woken', {
      externalSecretSpec: specOf('db'),
      conditions: [{ namespaces: [namespaces.nameOf('c')] }],
    })
    await namespaces.untilStatus('woken', 'Provisioned', ['c'])
    operator = standby
    const writes = async (): Promise<readonly string[]> =>
      [...(await standby.metrics()).matchAll(/^acksm_kube_requests_total\{(.*)\} (\d+)$/gm)]
        .filter(
          ([, labels = '']) => /externalsecrets/.test(labels) && /verb="(create|update|patch|delete|get)"/.test(labels),
        )
        .filter(([, labels = '']) => /code="2/.test(labels) && !labels.includes('resource="externalsecrets/status"'))
        .map(
          ([, labels = '', count]) => `${/verb="(\w+)",resource="([^"]+)"/.exec(labels)?.slice(1).join(' ')} ${count}`,
        )
    await until('its status is counted', async () => (await writes()).some((write) => write.startsWith('patch')))
    // One status update, or two on a slow machine.
    const statuses = expect.stringMatching(/^patch clusterexternalsecrets\/status [12]$/) as string
    expect((await writes()).toSorted()).toEqual(['create externalsecrets 1', statuses])
    expect((await namespaces.asked('calm')).metadata.resourceVersion).toBe(asked.metadata.resourceVersion)
    await until('both are counted', async () =>
      /acksm_resources\{kind="ClusterExternalSecret",ready="True"\} 2/.test(await standby.metrics()),
    )
    await namespaces.dismiss('woken')
    await namespaces.dismiss('calm')
  })

  it('drop a deleted namespace without a failure', async () => {
    const spec = { externalSecretSpec: specOf('db'), conditions: [{ namespaces: mine() }] }
    await namespaces.ask('gone', spec)
    await namespaces.untilStatus('gone', 'Provisioned', ['a', 'b', 'c'])
    await namespaces.delete('c')
    await namespaces.untilStatus('gone', 'Provisioned', ['a', 'b'])
    const isGone = async (): Promise<boolean> =>
      (await cluster.request('GET', `/api/v1/namespaces/${namespaces.nameOf('c')}`)).status === 404
    await until('the namespace is gone', isGone, { deadlineMs: BUSY_MS })
    await namespaces.label('c', {})
    await namespaces.untilStatus('gone', 'Provisioned', ['a', 'b', 'c'])
    await namespaces.dismiss('gone')
    const isWarning = (line: string): boolean =>
      line.includes('"warn"') && line.includes(`"${namespaces.nameOf('gone')} in `)
    const warnings = operator.program.lines.filter(isWarning)
    expect(warnings).toEqual([])
  })

  it('share one status between operators', async () => {
    const other = await env.leader(`--watch-namespaces=${namespaces.nameOf('d')}`, '--leader-elect=false')
    await namespaces.ask('shared', { externalSecretSpec: specOf('db'), conditions: [{ namespaces: namespaces.all }] })
    await namespaces.untilStatus('shared', 'Provisioned', ['a', 'b', 'c', 'd'])
    await namespaces.change('shared', {
      conditions: [{ namespaces: ['a', 'd'].map((each) => namespaces.nameOf(each)) }],
    })
    await namespaces.untilStatus('shared', 'Provisioned', ['a', 'd'])
    await namespaces.dismiss('shared')
    await other.stop()
  })

  it('remove the finalizer of the Go operator', async () => {
    await namespaces.ask('upstream', {
      externalSecretSpec: specOf('db'),
      conditions: [{ namespaces: [namespaces.nameOf('a')] }],
    })
    const path = `/apis/alibabacloud.com/v1alpha1/clusterexternalsecrets/${namespaces.nameOf('upstream')}`
    const finalizers = ['finalizer.ack.secrets-manager.alibabacloud.com']
    await cluster.request('PATCH', path, { metadata: { finalizers } })
    await namespaces.dismiss('upstream')
    await until('it is gone', async () => (await cluster.request('GET', path)).status === 404)
    await namespaces.until('a', namespaces.nameOf('upstream'), (found) => found === undefined)
  })
})
