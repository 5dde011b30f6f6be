import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { networkInterfaces } from 'node:os'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ClusterReader } from '../kube/cluster-reader.ts'
import { type Ran, run, start } from '../testing/run.ts'
import { kubeconfigOfUser, READS, type Rule } from '../testing/user-kubeconfig.ts'
import { createWorkloads } from '../testing/workloads.ts'

/** The API server refuses to connect to a Pod on a loopback address. */
const POD_IP = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address

const MERGE_PATCH = 'application/merge-patch+json'

describeCluster('status, tree and version', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  const ns = cluster.namespace
  let env: TestEnvironment
  let operator: OperatorProcess

  beforeAll(async () => {
    const seed = { secrets: { db: 'one', token: 'one', doc: '{"a":"1","b":"2"}' } }
    env = await TestEnvironment.start({ controlPlane: cluster, seed })
    operator = await env.leader(
      '--metrics-per-resource',
      '--polling-interval=1s',
      ...(POD_IP ? ['--metrics-bind-address=0.0.0.0:0'] : []),
    )
    await env.externalSecret('web', { password: 'db', token: 'token' }, { rotationInterval: '1s' })
    await env.apply('ExternalSecret', 'doc', {
      dataProcess: [{ extract: { key: 'doc', secretStoreRef: { name: 'kms' } } }],
    })
    await env.externalSecret('paused', { password: 'db' }, { suspend: true })
    await env.untilReason('externalsecrets', 'web', 'Synced')
    await env.untilReason('externalsecrets', 'doc', 'Synced')
    await env.untilReason('externalsecrets', 'paused', 'Suspended')
    // Events are written some time after what they report.
    await until('its event is there', async () => (await env.visibleObjects()).includes('Secret web: db version'))
    await createWorkloads(cluster, 'web')
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  const acksm = (...argv: string[]): Promise<Ran> => run(['status', ...argv, '--kubeconfig', cluster.kubeconfigPath])
  // Other files of this API server have operators of their own.
  const here = (...argv: string[]): Promise<Ran> => acksm(...argv, '-n', ns, '--operator-namespace', ns)

  it('lists what is Ready, and exits with 0', async () => {
    const { code, out, err } = await here()
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /^3 ExternalSecrets: 2 ready, 0 not ready, 1 suspended\n\nNAMESPACE +NAME +READY +REASON +SECRET +KEYS +CHANGED\n/,
    )
    expect(out).toMatch(new RegExp(`^${ns} +web +True +Synced +web +2 +\\d\\d:\\d\\d \\(\\d+\\w ago\\)$`, 'm'))
    expect(out).toMatch(new RegExp(`^${ns} +paused +False +Suspended +paused +- +-$`, 'm'))
    expect((await here('-o', 'wide')).out).toMatch(
      new RegExp(`^${ns} +web .* ${ns}/kms +db@\\S+,token@\\S+ +2 keys up to date$`, 'm'),
    )
  })

  it('shows everything about one', async () => {
    const { code, out, err } = await here('web')
    expect([code, err]).toEqual([0, ''])
    for (const line of [
      new RegExp(
        `^ExternalSecret ${ns}/web: Synced since \\d\\d:\\d\\d \\(\\d+\\w ago\\)\n {2}2 keys up to date\n\nSecret +${ns}/web, type Opaque, 2 keys, last change `,
      ),
      new RegExp(`^Store +SecretStore ${ns}/kms: Ready · AccessKey .* at 127\\.0\\.0\\.1:\\d+$`, 'm'),
      /^KMS SECRET +VERSION +STAGE +TYPE +ROTATION +KEYS$/m,
      /^db +\S+ +ACSCurrent +Generic +- +password$/m,
      /^token +\S+ +ACSCurrent +Generic +- +token$/m,
      /^EVENT +REASON +MESSAGE\n\d\d:\d\d \(\d+\w ago\) +Synced +Secret web: db version/m,
    ]) {
      expect(out).toMatch(line)
    }
    const document = JSON.parse((await here('web', '-o', 'json')).out) as object
    expect(document).toMatchObject({
      kind: 'ExternalSecret',
      namespace: ns,
      name: 'web',
      ready: true,
      reason: 'Synced',
      keys: [
        { key: 'password', secret: 'db' },
        { key: 'token', secret: 'token' },
      ],
      storeStates: [{ kind: 'SecretStore', name: 'kms', ready: true }],
      events: expect.arrayContaining([
        expect.objectContaining({ reason: 'Synced', time: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/) }),
      ]),
      notes: [],
    })
  })

  it('says why the last confirmation is unknown', async () => {
    expect((await here('web')).out).toMatch(/^Refresh +every 1s$/m)
    expect((await here('web')).out).toMatch(/^Confirmed +unknown: no Pod of the operator was found$/m)
  })

  it.skipIf(POD_IP === undefined)('reads the last confirmation from the metrics of the operator', async () => {
    const pods = `/api/v1/namespaces/${ns}/pods`
    const metadata = { name: 'operator', labels: { 'app.kubernetes.io/name': 'ack-secret-manager' } }
    const ports = [{ name: 'metrics', containerPort: operator.metricsPort }]
    await cluster.request('POST', pods, { metadata, spec: { containers: [{ name: 'a', image: 'a', ports }] } })
    const status = { status: { podIP: POD_IP, podIPs: [{ ip: POD_IP }], phase: 'Running' } }
    await cluster.request('PATCH', `${pods}/operator/status`, status, { contentType: 'application/merge-patch+json' })
    try {
      expect((await here('web')).out).toMatch(/^Refresh +every 1s, (next within \d+s|overdue)\nConfirmed +\d+\w ago$/m)
      const reader = await kubeconfigOfUser(cluster, 'no-proxy', [
        READS,
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      ])
      const { out } = await run(['status', 'web', '--kubeconfig', reader, '--operator-namespace', ns])
      expect(out).toMatch(/^Confirmed +unknown: you may not (list the Pods|get pods\/proxy) of the operator$/m)
    } finally {
      await cluster.request('DELETE', `${pods}/operator`, { gracePeriodSeconds: 0 })
    }
  })

  it('trusts no Lease and Deployment that anyone could have made', async () => {
    const evil = `aaa-${ns}`
    const labels = { 'app.kubernetes.io/name': 'ack-secret-manager' }
    const containers = [{ name: 'a', image: 'evil:6.6.6' }]
    const spec = (serviceAccountName: string) => ({
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { serviceAccountName, containers } },
    })
    const binding = `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`
    const deployments = `/apis/apps/v1/namespaces/${ns}/deployments`
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: evil } })
    await cluster.request('POST', `/apis/coordination.k8s.io/v1/namespaces/${evil}/leases`, {
      metadata: { name: 'ack-secret-manager' },
      spec: { holderIdentity: 'evil', leaseDurationSeconds: 2_000_000_000, renewTime: '2090-01-01T00:00:00.000000Z' },
    })
    await cluster.request('POST', `/apis/apps/v1/namespaces/${evil}/deployments`, {
      metadata: { name: 'asm', labels },
      spec: spec('default'),
    })
    const document = async (...argv: string[]) =>
      JSON.parse((await acksm(...argv, '-n', ns, '-o', 'json')).out) as object
    try {
      const overview = await acksm('-n', ns)
      expect(overview.out).toMatch(
        new RegExp(`^! several operators found: .*${evil}.*; use --operator-namespace$`, 'm'),
      )
      expect((await acksm('web', '-n', ns)).out).toMatch(/^Confirmed +unknown: several operators found: /m)
      const { out, err } = await run(['version', '--kubeconfig', cluster.kubeconfigPath])
      expect(out).not.toContain('6.6.6')
      expect(err).toMatch(/unknown: several operators found: /)
      // A renewal in the future is none.
      expect(await document('--operator-namespace', evil)).toMatchObject({
        operator: { state: 'stopped', namespace: evil },
      })
      // The role of the operator, which only an administrator can bind, decides.
      await cluster.request('POST', deployments, { metadata: { name: 'asm', labels }, spec: spec('asm') })
      await cluster.request('POST', binding, {
        metadata: { name: ns, labels },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'ack-secret-manager' },
        subjects: [{ kind: 'ServiceAccount', name: 'asm', namespace: ns }],
      })
      expect(await document()).toMatchObject({ operator: { state: 'running', namespace: ns, confirmed: true } })
    } finally {
      await cluster.request('DELETE', `${binding}/${ns}`)
      await cluster.request('DELETE', `${deployments}/asm`)
      await cluster.request('DELETE', `/apis/coordination.k8s.io/v1/namespaces/${evil}/leases/ack-secret-manager`)
      await cluster.request('DELETE', `/apis/apps/v1/namespaces/${evil}/deployments/asm`)
      await cluster.request('DELETE', `/api/v1/namespaces/${evil}`)
    }
  })

  it('shows a store, and what uses it', async () => {
    const { code, out } = await here('store/kms')
    expect(code).toBe(0)
    expect(out).toMatch(
      new RegExp(
        `^✓ SecretStore ${ns}/kms: Ready · AccessKey .*\n3 ExternalSecrets: 2 ready, 0 not ready, 1 suspended\n`,
      ),
    )
  })

  const tree = (...argv: string[]): Promise<Ran> =>
    run(['tree', ...argv, '-n', ns, '--kubeconfig', cluster.kubeconfigPath])

  it('shows the tree from KMS to the workloads', async () => {
    const { code, out, err } = await tree('web')
    expect([code, err]).toEqual([0, ''])
    const text = out
      .replaceAll(ns, 'NS')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
      .replaceAll(/version [\w-]+/g, 'version V')
    expect(text.replace(/AccessKey [^\n]*/, 'AccessKey …')).toBe(`✓ ExternalSecret NS/web · Synced: 2 keys up to date
├── ✓ SecretStore NS/kms · HOST
│   ├── Identity AccessKey …
│   │   └── Secret NS/kms-key · credential, keys id, secret
│   ├── KMSSecret db · version V (ACSCurrent, Generic)
│   └── KMSSecret token · version V (ACSCurrent, Generic)
└── Secret NS/web · keys password, token
    ├── Deployment NS/web · env DB_PASSWORD, volume tls · 0/2 ready
    ├── StatefulSet NS/db · projected volume all · 0/1 ready
    ├── CronJob NS/report · envFrom
    ├── Job NS/migrate · envFrom
    ├── Pod NS/debug · imagePullSecrets
    ├── Ingress NS/shop · tls
    ├── ServiceAccount NS/puller · imagePullSecrets
    └── Rollout NS/canary · env DB_PASSWORD
`)
  })

  it('shows everything that a store serves, and JSON', async () => {
    const { code, out } = await tree('store/kms', '-o', 'json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      kind: 'SecretStore',
      name: 'kms',
      ready: true,
      children: [
        { kind: 'Identity' },
        { kind: 'ExternalSecret', name: 'doc', children: [{ kind: 'Secret', name: 'doc', children: [] }] },
        {
          kind: 'ExternalSecret',
          name: 'paused',
          children: [{ kind: 'Secret', name: 'paused', details: 'not written yet' }],
        },
        {
          kind: 'ExternalSecret',
          name: 'web',
          children: [{ kind: 'Secret', children: [{ kind: 'Deployment', name: 'web' }, {}, {}, {}, {}, {}, {}, {}] }],
        },
      ],
      notes: [],
    })
  })

  it('shows the tree of a PushSecret, also below its store', async () => {
    const spec = { secretStoreRef: { name: 'kms' }, selector: { name: 'kms-key' }, data: [{ key: 'pushed' }] }
    await env.apply('PushSecret', 'out', spec)
    const path = env.resourcePath('pushsecrets', 'out')
    const secretStoreRef = { name: 'kms', namespace: ns, kind: 'SecretStore' }
    const secrets = [{ key: 'pushed', secretStoreRef, state: 'Failed', reason: 'denied' }]
    await cluster.request('PATCH', `${path}/status`, { status: { secrets } }, { contentType: MERGE_PATCH })
    try {
      const { code, out, err } = await tree('push/out')
      expect([code, err]).toEqual([0, ''])
      const pushed = '✗ KMSSecret pushed · Failed: denied'
      expect(out).toMatch(
        new RegExp(
          `^✗ PushSecret ${ns}/out · the operator has not .*\n├── Secret ${ns}/kms-key · all keys\n└── ✓ SecretStore ${ns}/kms .*\n(?: {4}.*\n)* {4}└── ${pushed}\n$`,
        ),
      )
      expect((await tree('store/kms')).out).toMatch(
        new RegExp(`\n└── ✗ PushSecret ${ns}/out .*\n {4}├── Secret ${ns}/kms-key · all keys\n {4}└── ${pushed}\n$`),
      )
    } finally {
      await cluster.request('DELETE', path)
    }
  })

  it('shows the tree of a user who may read only resources of this API group', async () => {
    const kubeconfig = await kubeconfigOfUser(cluster, 'gardener', [READS])
    const { code, out, err } = await run(['tree', 'web', '--kubeconfig', kubeconfig])
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^└── Secret ${ns}/web · 2 keys$`, 'm'))
    const kinds = 'CronJobs, DaemonSets, Deployments, Ingresses, Jobs, Pods, ServiceAccounts, StatefulSets'
    expect(err).toBe(
      `acksm: not shown, because you may not read it: metadata of Secret ${ns}/web; in namespace ${ns}: ${kinds}\n`,
    )
  })

  it('prints the version of the operator in the cluster', async () => {
    const version = (...argv: string[]): Promise<Ran> => run(['version', ...argv, '--operator-namespace', ns])
    const where = ['--kubeconfig', cluster.kubeconfigPath]
    const mine = /^acksm \d+\.\d+\.\d+ \(Node [\d.]+\)\n/
    const without = await version(...where)
    expect([without.code, without.out]).toEqual([0, expect.stringMatching(new RegExp(`${mine.source}$`))])
    expect(without.err).toBe('acksm: version of the operator unknown: no Deployment of it was found\n')
    const labels = { 'app.kubernetes.io/name': 'ack-secret-manager', 'app.kubernetes.io/version': '0.0.9' }
    const containers = [{ name: 'ack-secret-manager', image: 'registry.example:5000/ack-secret-manager:0.0.9' }]
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } }
    const deployments = `/apis/apps/v1/namespaces/${ns}/deployments`
    await cluster.request('POST', deployments, { metadata: { name: 'asm', labels }, spec })
    try {
      const { code, out, err } = await version(...where)
      expect([code, out]).toEqual([0, expect.stringMatching(mine)])
      expect(out).toContain(
        `\noperator 0.0.9 (Deployment ${ns}/asm, 0/1 ready, image registry.example:5000/ack-secret-manager:0.0.9)\n`,
      )
      expect(err).toMatch(/^acksm: acksm \S+ and operator 0\.0\.9 differ; .*\n$/)
      const document = JSON.parse((await version(...where, '-o', 'json')).out) as object
      expect(document).toMatchObject({
        client: { node: process.versions.node },
        operator: { deployments: [{ version: '0.0.9' }] },
      })
    } finally {
      await cluster.request('DELETE', `${deployments}/asm`)
    }
  })

  it('groups failures by store and cause, with the workloads that use the Secrets', async () => {
    await env.externalSecret('lost', { password: 'no-such-a' })
    await env.externalSecret('gone', { password: 'no-such-b' })
    await env.untilReason('externalsecrets', 'lost', 'SecretNotFound')
    await env.untilReason('externalsecrets', 'gone', 'SecretNotFound')
    const { code, out } = await here()
    expect(code).toBe(1)
    expect(out).toMatch(
      new RegExp(
        `^5 ExternalSecrets: 2 ready, 2 not ready, 1 suspended\n✗ 2 of 5 SecretNotFound since \\d\\d:\\d\\d · SecretStore ${ns}/kms · .* at 127\\.0\\.0\\.1:\\d+\n {4}${ns}/gone, ${ns}/lost; acksm explain SecretNotFound\n`,
      ),
    )
    const store = await here('store/kms')
    expect(store.code).toBe(1)
    expect(store.out).toMatch(
      /^✓ SecretStore .*\n5 ExternalSecrets: 2 ready, 2 not ready, 1 suspended\n✗ 2 of 5 SecretNotFound since /,
    )
    expect((await tree('lost')).out).toMatch(
      new RegExp(
        `^✗ ExternalSecret ${ns}/lost · SecretNotFound: .*\n(?:.*\n)*│   └── KMSSecret no-such-a · not read yet\n└── Secret ${ns}/lost · not written yet\n$`,
      ),
    )
    for (const name of ['lost', 'gone']) await cluster.request('DELETE', env.resourcePath('externalsecrets', name))
  })

  it('shows an outage, and follows its end', async () => {
    const running = start(['status', '-n', ns, '-w', '-o', 'json', '--kubeconfig', cluster.kubeconfigPath])
    // The state before the outage, which a slow start would miss.
    await running.out.until(/\n/)
    await env.simulator.control('POST', '/faults', { match: {}, fault: 'http503' })
    try {
      await env.untilReason('externalsecrets', 'web', 'Stale')
      await env.untilReason('externalsecrets', 'doc', 'Stale')
      await running.out.until(/"name":"doc",[^\n]*"reason":"Stale"/)
      const { code, out } = await until('the outage of the store', async () => {
        const ran = await here()
        return / last good /.test(ran.out) && ran
      })
      expect(code).toBe(1)
      expect(out).toMatch(
        new RegExp(
          `^✗ 2 of 3 Stale since \\d\\d:\\d\\d · SecretStore ${ns}/kms · HTTP 503 \\w+ at 127\\.0\\.0\\.1:\\d+ · last good \\d\\d:\\d\\d · used by 1 Deployment, 1 StatefulSet, 1 CronJob, 1 Job, 1 Pod, 1 Ingress, 1 ServiceAccount, 1 Rollout$`,
          'm',
        ),
      )
      expect(out).toMatch(new RegExp(`^! SecretStore ${ns}/kms: unreachable since \\d\\d:\\d\\d: `, 'm'))
      const { groups } = JSON.parse((await here('-o', 'json')).out) as { groups: object[] }
      expect(groups).toMatchObject([
        { reason: 'Stale', total: 3, resources: [`${ns}/doc`, `${ns}/web`], usedBy: { Deployment: 1 } },
      ])
    } finally {
      await env.simulator.control('DELETE', '/faults')
    }
    await running.out.until(
      /"name":"web",[^\n]*"reason":"Synced"[^\n]*\n(?:.*\n)*.*"name":"web",[^\n]*"reason":"Synced"/,
    )
    await env.untilReason('externalsecrets', 'doc', 'Synced')
    running.stop('SIGINT')
    const { code, out } = await running.done
    expect(code).toBe(130)
    const [first = '', ...lines] = out.trimEnd().split('\n')
    expect(JSON.parse(first)).toHaveProperty('groups')
    const reasons = lines
      .map((line) => JSON.parse(line) as { name: string; reason: string })
      .filter(({ name }) => name === 'web')
    expect(reasons.map(({ reason }) => reason)).toContain('Stale')
    expect(reasons.at(-1)?.reason).toBe('Synced')
  })

  it('draws the groups again on a terminal', async () => {
    const screen = { isTTY: { stdout: true, stderr: false }, columns: 200, rows: 8 }
    const running = start(['status', '-n', ns, '-w', '--kubeconfig', cluster.kubeconfigPath], screen)
    await running.out.until(/3 ExternalSecrets/)
    expect(running.out.text).not.toContain('\u001b[2J')
    await env.externalSecret('lost', { password: 'no-such-a' })
    // oxlint-disable-next-line no-control-regex -- it is how a screen is cleared
    const text = await running.out.until(/\u001b\[H\u001b\[2J.*4 ExternalSecrets.*\n.*1 of 4 SecretNotFound/)
    expect(text).toMatch(/\n… \d+ more lines\n$/)
    await cluster.request('DELETE', env.resourcePath('externalsecrets', 'lost'))
    // oxlint-disable-next-line no-control-regex -- as above
    await running.out.until(/4 ExternalSecrets(?:.*\n)*\u001b\[H\u001b\[2J.*3 ExternalSecrets/)
    running.stop('SIGINT')
    expect((await running.done).code).toBe(130)
  })

  it('prints a line for each change of one', async () => {
    await env.untilReason('externalsecrets', 'web', 'Synced')
    const running = start(['status', 'web', '-n', ns, '-w', '--kubeconfig', cluster.kubeconfigPath])
    await running.out.until(/^EVENT /m)
    await env.simulator.put('db', 'two', 'v2')
    await running.out.until(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${ns}/web Synced: 2 keys up to date, db@v2, token@`, 'm'))
    running.stop('SIGTERM')
    expect((await running.done).code).toBe(0)
  })

  it('shows a user of one namespace what that user may see', async () => {
    const kubeconfig = await kubeconfigOfUser(cluster, 'viewer', [READS])
    const { code, out, err } = await run(['status', '--kubeconfig', kubeconfig])
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^3 ExternalSecrets: 2 ready, .*\n(! .*\n)?\n.*\n(${ns} .*\n){3}$`))
    expect(err.match(/^acksm: not shown, .*$/gm)).toEqual([
      'acksm: not shown, because you may not read it: ClusterSecretStores',
    ])
    for (const argv of [
      ['status', '-A'],
      ['status', '-A', '-o', 'json', '-w'],
      ['refresh', '-A'],
    ]) {
      const everywhere = await run([...argv, '--kubeconfig', kubeconfig])
      const message = /ExternalSecrets in all namespaces: .*cannot list.*; name a namespace that you may read with -n/
      expect([argv, everywhere.code, everywhere.err]).toEqual([argv, 1, expect.stringMatching(message)])
      expect(everywhere.out).not.toContain('"groups"')
    }
    const single = await run(['status', 'web', '--kubeconfig', kubeconfig])
    expect([single.code, single.out]).toEqual([
      0,
      expect.stringMatching(/^Confirmed +unknown: no operator was found; use --operator-namespace$/m),
    ])
    expect(single.err).toMatch(
      new RegExp(
        `^acksm: not shown, because you may not read it: Events about ExternalSecret web, metadata of Secret ${ns}/web$`,
        'm',
      ),
    )
    const blind = await kubeconfigOfUser(cluster, 'blind', [{ ...READS, verbs: ['get', 'list'] }])
    const watching = start(['status', '-w', '--kubeconfig', blind])
    await watching.err.until(/^acksm: you may not watch ExternalSecrets; they are listed every 5 s instead$/m)
    await env.externalSecret('polled', { password: 'no-such-a' })
    await watching.out.until(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${ns}/polled .*SecretNotFound`, 'm'))
    await cluster.request('DELETE', env.resourcePath('externalsecrets', 'polled'))
    await watching.out.until(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${ns}/polled deleted$`, 'm'))
    watching.stop('SIGINT')
    expect((await watching.done).code).toBe(130)
    const none: Rule = { apiGroups: ['example.com'], resources: ['none'], verbs: ['get'] }
    const nothing = await run(['status', '--kubeconfig', await kubeconfigOfUser(cluster, 'stranger', [none])])
    expect(nothing).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^acksm: ExternalSecrets in namespace \S+: .*cannot list.*\n$/),
    })
  })

  it.each([
    [['nothing'], 1, /^acksm: ExternalSecret \S+\/nothing: not found\n$/],
    [['store/nothing'], 1, /^acksm: SecretStore \S+\/nothing: not found\n$/],
    [['store/kms', '-w'], 2, 'acksm: --watch shows ExternalSecrets, not a SecretStore; see acksm status --help\n'],
  ])('acksm status %j', async (argv, exitCode, message) => {
    const { code, err, out } = await here(...argv)
    if (typeof message === 'string') expect(err).toBe(message)
    else expect(err).toMatch(message)
    expect([code, out]).toEqual([exitCode, ''])
  })

  it('leaves out what exceeds the limit of a list, with a note', async () => {
    await using client = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath })
    const reader = new ClusterReader({ client, signal: AbortSignal.timeout(120_000), maxObjects: 2 })
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
    expect(await reader.list(path, 'ClusterRoles')).toHaveLength(2)
    expect(reader.notes).toEqual(['only the first 2 are shown; select some with -n or -l: ClusterRoles'])
  })

  it('works while no operator runs, and says so', async () => {
    await operator.stop()
    const { code, out } = await here()
    expect(code).toBe(0)
    expect(out).toMatch(/^! no operator seems to run: .*$/m)
    expect((await here('web')).out).toMatch(/^Operator +does not seem to run: /m)
  })
})
