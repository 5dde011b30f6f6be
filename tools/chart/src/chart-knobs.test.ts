import type { Manifest } from '@ack-secret-manager/testenv'
import { beforeAll, describe, expect, it } from 'vitest'
import { changesOf } from './changes.ts'
import { useHelm } from './programs/use-helm.ts'

/** The first run on a machine downloads helm. */
const TIMEOUT_MS = 20 * 60_000
const NAME = 'ack-secret-manager'
const DEPLOYMENT = `Deployment ${NAME}`
const POD = `${DEPLOYMENT} spec.template`
const CONTAINER = `${POD}.spec.containers.0`
const MONITOR = `ServiceMonitor ${NAME} spec`
const ENDPOINT = `${MONITOR}.endpoints.0`
const ANNOTATED = { labels: { team: 'a' }, annotations: { note: 'b' } }
const SIDECAR = { name: 'sidecar', image: 'sidecar:1' }
const RELABELING = { action: 'labeldrop', regex: 'pod' }
const EXTRA = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-x' }, data: { a: 'b' } }
const CONFIG_MAP = {
  'ConfigMap ack-secret-manager-x': { ...EXTRA, metadata: { name: 'ack-secret-manager-x' } },
}

/** Every optional object. */
const ALL_OBJECTS = {
  metrics: { serviceMonitor: { create: true }, prometheusRule: { create: true }, dashboard: { create: true } },
  rbac: { restartWorkloads: true },
}
const POLICY = { networkPolicy: { create: true } }
const TARGET_FLAGS = { hintHttpUrl: 'https://hooks.example.com/hints', hintHttpAccount: '1234567890123456' }

/** The metadata of an object with {@link ANNOTATED}. */
function annotated(...objects: readonly string[]): Record<string, unknown> {
  const labels = objects.map((object) => [`${object} metadata.labels.team`, 'a'])
  const annotations = objects.map((object) => [`${object} metadata.annotations`, { note: 'b' }])
  return Object.fromEntries([...labels, ...annotations])
}

const ROLES = [
  ...['', '-restart'].flatMap((end) => [`ClusterRole ${NAME}${end}`, `ClusterRoleBinding ${NAME}${end}`]),
  ...['view', 'edit', 'admin'].map((role) => `ClusterRole ${NAME}-${role}`),
  `Role ${NAME}-own`,
  `RoleBinding ${NAME}-own`,
]
const CRDS = ['externalsecrets', 'secretstores', 'clustersecretstores', 'clusterexternalsecrets', 'pushsecrets'].map(
  (plural) => `CustomResourceDefinition ${plural}.alibabacloud.com`,
)
const gone = (...objects: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(objects.map((object) => [object, undefined]))

type Knob = readonly [name: string, values: object, changes: Readonly<Record<string, unknown>>]

/** Values and what they change. All are rendered at once, because helm takes a second. */
const TOGETHER: readonly Knob[] = [
  ['deploymentLabels', { deploymentLabels: { team: 'a' } }, { [`${DEPLOYMENT} metadata.labels.team`]: 'a' }],
  [
    'deploymentAnnotations',
    { deploymentAnnotations: { note: 'b' } },
    { [`${DEPLOYMENT} metadata.annotations`]: { note: 'b' } },
  ],
  ['podLabels', { podLabels: { team: 'a' } }, { [`${POD}.metadata.labels.team`]: 'a' }],
  ['podAnnotations', { podAnnotations: { note: 'b' } }, { [`${POD}.metadata.annotations`]: { note: 'b' } }],
  ['serviceAccount metadata', { serviceAccount: ANNOTATED }, annotated(`ServiceAccount ${NAME}`)],
  ['metrics.service metadata', { metrics: { service: ANNOTATED } }, annotated(`Service ${NAME}-metrics`)],
  ['metrics.serviceMonitor metadata', { metrics: { serviceMonitor: ANNOTATED } }, annotated(`ServiceMonitor ${NAME}`)],
  ['metrics.prometheusRule metadata', { metrics: { prometheusRule: ANNOTATED } }, annotated(`PrometheusRule ${NAME}`)],
  ['metrics.dashboard metadata', { metrics: { dashboard: ANNOTATED } }, annotated(`ConfigMap ${NAME}-dashboard`)],
  ['podDisruptionBudget metadata', { podDisruptionBudget: ANNOTATED }, annotated(`PodDisruptionBudget ${NAME}`)],
  ['rbac metadata', { rbac: ANNOTATED }, annotated(...ROLES)],
  [
    'crds metadata',
    { crds: ANNOTATED },
    Object.fromEntries(
      CRDS.flatMap((crd) => [
        [`${crd} metadata.labels.team`, 'a'],
        [`${crd} metadata.annotations.note`, 'b'],
      ]),
    ),
  ],
  ['revisionHistoryLimit', { revisionHistoryLimit: 0 }, { [`${DEPLOYMENT} spec.revisionHistoryLimit`]: 0 }],
  [
    'strategy',
    { strategy: { type: 'Recreate' } },
    { [`${DEPLOYMENT} spec.strategy.type`]: 'Recreate', [`${DEPLOYMENT} spec.strategy.rollingUpdate`]: undefined },
  ],
  [
    'livenessProbe',
    { livenessProbe: { periodSeconds: 60, failureThreshold: 5 } },
    { [`${CONTAINER}.livenessProbe.periodSeconds`]: 60, [`${CONTAINER}.livenessProbe.failureThreshold`]: 5 },
  ],
  [
    'readinessProbe',
    { readinessProbe: { initialDelaySeconds: 3 } },
    { [`${CONTAINER}.readinessProbe.initialDelaySeconds`]: 3 },
  ],
  [
    'hostNetwork',
    { hostNetwork: true },
    { [`${POD}.spec.hostNetwork`]: true, [`${POD}.spec.dnsPolicy`]: 'ClusterFirstWithHostNet' },
  ],
  [
    'ports',
    { ports: { metrics: 9090, health: 9091 } },
    {
      [`${CONTAINER}.args.4`]: '--health-probe-bind-address=:9091',
      [`${CONTAINER}.args.9`]: '--metrics-bind-address=:9090',
      [`${CONTAINER}.args.5`]: '--kms-batch=false',
      [`${CONTAINER}.args.6`]: '--kms-batch-cost=20',
      [`${CONTAINER}.args.7`]: '--list-memory-mib=128',
      [`${CONTAINER}.args.8`]: '--max-concurrent-kms-secret-pulls=64',
      [`${CONTAINER}.args.10`]: '--polling-interval=120s',
      [`${CONTAINER}.ports.0.containerPort`]: 9090,
      [`${CONTAINER}.ports.1.containerPort`]: 9091,
      [`Service ${NAME}-metrics spec.ports.0.port`]: 9090,
    },
  ],
  [
    'dnsConfig',
    { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
    { [`${POD}.spec.dnsConfig`]: { options: [{ name: 'ndots', value: '1' }] } },
  ],
  ['extraContainers', { extraContainers: [SIDECAR] }, { [`${POD}.spec.containers.1`]: SIDECAR }],
  ['extraInitContainers', { extraInitContainers: [SIDECAR] }, { [`${POD}.spec.initContainers`]: [SIDECAR] }],
  [
    'extraVolumes and extraVolumeMounts',
    {
      extraVolumes: [{ name: 'plugins', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'plugins', mountPath: '/plugins' }],
    },
    {
      [`${POD}.spec.volumes`]: [{ name: 'plugins', emptyDir: {} }],
      [`${CONTAINER}.volumeMounts`]: [{ name: 'plugins', mountPath: '/plugins' }],
    },
  ],
  ['extraObjects as YAML', { extraObjects: [EXTRA] }, CONFIG_MAP],
  [
    'metrics.serviceMonitor.namespace',
    { metrics: { serviceMonitor: { namespace: 'monitoring' } } },
    {
      [`ServiceMonitor ${NAME} metadata.namespace`]: 'monitoring',
      [`${MONITOR}.namespaceSelector`]: { matchNames: ['kube-system'] },
    },
  ],
  [
    'metrics.serviceMonitor.interval',
    { metrics: { serviceMonitor: { interval: '1m' } } },
    { [`${ENDPOINT}.interval`]: '1m' },
  ],
  [
    'metrics.serviceMonitor.scrapeTimeout',
    { metrics: { serviceMonitor: { scrapeTimeout: '5s' } } },
    { [`${ENDPOINT}.scrapeTimeout`]: '5s' },
  ],
  [
    'metrics.serviceMonitor.relabelings',
    { metrics: { serviceMonitor: { relabelings: [RELABELING] } } },
    { [`${ENDPOINT}.relabelings`]: [RELABELING] },
  ],
  [
    'metrics.serviceMonitor.metricRelabelings',
    { metrics: { serviceMonitor: { metricRelabelings: [RELABELING] } } },
    { [`${ENDPOINT}.metricRelabelings`]: [RELABELING] },
  ],
  [
    'metrics.prometheusRule.namespace',
    { metrics: { prometheusRule: { namespace: 'monitoring' } } },
    { [`PrometheusRule ${NAME} metadata.namespace`]: 'monitoring' },
  ],
  [
    'metrics.dashboard.namespace',
    { metrics: { dashboard: { namespace: 'monitoring' } } },
    { [`ConfigMap ${NAME}-dashboard metadata.namespace`]: 'monitoring' },
  ],
]

/** Values that exclude some of the others. */
const ALONE: readonly Knob[] = [
  [
    'livenessProbe, dnsPolicy and extraObjects as text',
    { livenessProbe: null, dnsPolicy: 'Default', extraObjects: [JSON.stringify(EXTRA)] },
    { [`${CONTAINER}.livenessProbe`]: undefined, [`${POD}.spec.dnsPolicy`]: 'Default', ...CONFIG_MAP },
  ],
  [
    'dnsPolicy of the host network',
    { hostNetwork: true, dnsPolicy: 'Default' },
    { [`${POD}.spec.hostNetwork`]: true, [`${POD}.spec.dnsPolicy`]: 'Default' },
  ],
  ...(
    [
      ['view', 'ExternalSecret'],
      ['edit', 'SecretStore'],
      ['admin', 'ClusterSecretStore'],
      [undefined, 'ClusterExternalSecret'],
    ] as const
  ).map(([role, kind]): Knob => [
    `crds.create${kind}${role === undefined ? '' : `, rbac.aggregate.${role}`}`,
    { crds: { [`create${kind}`]: false }, ...(role === undefined ? {} : { rbac: { aggregate: { [role]: false } } }) },
    gone(
      `CustomResourceDefinition ${kind.toLowerCase()}s.alibabacloud.com`,
      ...(role === undefined ? [] : [`ClusterRole ${NAME}-${role}`]),
    ),
  ]),
]

describe('each value changes only its objects', () => {
  const helm = useHelm()
  let base: Manifest[]
  let together: Record<string, unknown>
  beforeAll(async () => {
    base = await render({})
    const values = TOGETHER.reduce<object>((all, [, each]) => merged(all, each), {})
    together = changesOf(base, await render(values))
  }, TIMEOUT_MS)

  const render = (values: object, args: readonly string[] = []): Promise<Manifest[]> =>
    helm.manifests({ release: NAME, namespace: 'kube-system', values: merged(ALL_OBJECTS, values), args })

  it.each(TOGETHER)('%s', (_name, _values, changes) => expect(together).toMatchObject(changes))

  it('nothing else', () => expect(together).toEqual(Object.assign({}, ...TOGETHER.map(([, , changes]) => changes))))

  it.each(ALONE)('%s', async (_name, values, changes) => {
    expect(changesOf(base, await render(values))).toEqual(changes)
  })

  it('networkPolicy metadata', async () => {
    const policy = { networkPolicy: { create: true, ...ANNOTATED } }
    expect(changesOf(await render(POLICY), await render(policy))).toEqual(annotated(`NetworkPolicy ${NAME}`))
  })

  it('commonLabels: all objects and the pods, but no selector', async () => {
    const objects = base.map(({ kind, metadata: { name } }) => `${kind} ${name} metadata`)
    const values = { commonLabels: { team: 'a' }, podLabels: { team: 'b' }, extraObjects: [EXTRA] }
    expect(changesOf(base, await render(values))).toEqual({
      ...Object.fromEntries(objects.map((path) => [`${path}.labels.team`, 'a'])),
      [`${POD}.metadata.labels.team`]: 'b',
      ...CONFIG_MAP,
    })
  })

  it('strategy replaces the one that follows from command.leaderElect', async () => {
    const alone = { command: { leaderElect: false }, replicaCount: 1 }
    expect(changesOf(await render(alone), await render({ ...alone, strategy: { type: 'Recreate' } }))).toEqual({})
    await expect(render({ ...alone, strategy: { type: 'RollingUpdate' } })).rejects.toThrow(
      'strategy.type: set Recreate, because command.leaderElect is false',
    )
  })

  it('no aggregated role is created with rbac.scope Namespaced: the release has no cluster-scoped object', async () => {
    const scoped = await render({
      rbac: { scope: 'Namespaced' },
      command: { watchNamespaces: ['a'] },
      crds: { install: false },
    })
    expect(scoped.filter(({ metadata }) => metadata.namespace === undefined)).toEqual([])
  })

  it('two scoped releases in one namespace share no object and no Lease', async () => {
    const scoped = (release: string, team: string): Promise<Manifest[]> =>
      helm.manifests({
        release,
        namespace: 'system',
        values: { rbac: { scope: 'Namespaced' }, command: { watchNamespaces: [team] }, crds: { install: false } },
      })
    const leasesOf = (object: Manifest): string[] => {
      const [, names = ''] =
        /"resourceNames":\[([^\]]+)\],"verbs":\["get","update"\]/.exec(JSON.stringify(object)) ?? []
      return names.split(',').filter((name) => name !== '')
    }
    const named = (objects: readonly Manifest[]): string[] => [
      ...objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
      ...objects.flatMap(leasesOf),
    ]
    const [first, second] = [named(await scoped('one', 'a')), named(await scoped('two', 'b'))]
    expect([first.at(-16), second.at(-16)]).toEqual(['"one-ack-secret-manager"', '"two-ack-secret-manager"'])
    expect(first.filter((name) => second.includes(name))).toEqual([])
  })

  it('hintTarget adds a port, a Service, the token and a rule of the NetworkPolicy', async () => {
    const peer = { namespaceSelector: { matchLabels: { team: 'ingress' } } }
    const target = {
      command: TARGET_FLAGS,
      hintTarget: { tokenSecretRef: { name: 'hints', key: 'key' }, service: ANNOTATED },
    }
    const service = `Service ${NAME}-hints`
    const changes = changesOf(
      await render(POLICY),
      await render(merged(POLICY, { ...target, networkPolicy: { hintsFrom: [peer] } })),
    )
    const { [service]: created, ...changed } = changes
    const [args, others] = [true, false].map((isArgument) =>
      Object.entries(changed).filter(([at]) => at.startsWith(`${CONTAINER}.args`) === isArgument),
    )
    expect(JSON.stringify(args)).toContain('--hint-http-bind-address=:8082')
    expect(JSON.stringify(args)).toContain('--hint-http-token-file=/var/run/secrets/hint-target/token')
    expect(created).toMatchObject({
      metadata: { annotations: { note: 'b' } },
      spec: { ports: [{ name: 'hints', port: 8082, targetPort: 'hints' }] },
    })
    expect(Object.fromEntries(others ?? [])).toEqual({
      [`${CONTAINER}.ports.2`]: { name: 'hints', containerPort: 8082 },
      [`${CONTAINER}.volumeMounts`]: [
        { name: 'hint-target-token', mountPath: '/var/run/secrets/hint-target', readOnly: true },
      ],
      [`${POD}.spec.volumes`]: [
        {
          name: 'hint-target-token',
          secret: { secretName: 'hints', items: [{ key: 'key', path: 'token' }], optional: true },
        },
      ],
      [`NetworkPolicy ${NAME} spec.ingress.1`]: { ports: [{ port: 'hints' }], from: [peer] },
    })
  })

  it('hintTarget reads the key token of its Secret by default', async () => {
    const hintTarget = { tokenSecretRef: { name: 'hints', key: null } }
    const deployment = (await render({ command: TARGET_FLAGS, hintTarget })).find(({ kind }) => kind === 'Deployment')
    expect(JSON.stringify(deployment)).toContain('"items":[{"key":"token","path":"token"}]')
  })

  it('hintEndpoint may belong to a queue of a variable', async () => {
    const queue = 'acs:mns:cn-hangzhou:1234567890123456:/queues/hints'
    const values = { command: { hintEndpoint: 'mns.example.com' }, env: { ACKSM_HINT_QUEUE: queue } }
    const deployment = (await render(values)).find(({ kind }) => kind === 'Deployment')
    expect(JSON.stringify(deployment)).toContain('--hint-endpoint=mns.example.com')
  })

  it.each<[string, object, string]>([
    [
      'a label of the chart',
      { commonLabels: { 'app.kubernetes.io/name': 'a' } },
      'commonLabels: the chart itself sets the label app.kubernetes.io/name',
    ],
    [
      'an HTTP target without its URL',
      { hintTarget: { tokenSecretRef: { name: 'hints' } } },
      'hintTarget.tokenSecretRef: set command.hintHttpUrl as well',
    ],
    ...Object.entries({
      ...TARGET_FLAGS,
      hintHttpTokenFile: '/token',
      hintHttpCertificateEndpoint: 'mirror.example.com',
    }).map(([flag, value]): [string, object, string] => [
      `${flag} without the token of the HTTP target`,
      { command: { [flag]: value } },
      `command.${flag}: set hintTarget.tokenSecretRef.name as well`,
    ]),
    [
      'an HTTP target with shards',
      {
        command: { ...TARGET_FLAGS, shards: 2 },
        hintTarget: { tokenSecretRef: { name: 'hints' } },
      },
      'hintTarget.tokenSecretRef: not with command.shards',
    ],
    ...Object.entries({ hintEndpoint: 'mns.example.com', pollingIntervalWithPush: '30m' }).map(
      ([flag, value]): [string, object, string] => [
        `${flag} without a queue`,
        { command: { [flag]: value } },
        `command.${flag}: set command.hintQueue as well`,
      ],
    ),
    ['one port for both', { ports: { metrics: 8081 } }, 'ports.metrics and ports.health are both 8081'],
    [
      'a label of the selector',
      { podLabels: { 'app.kubernetes.io/instance': 'a' } },
      'podLabels: the chart itself sets the label app.kubernetes.io/instance',
    ],
    [
      'a label of the chart on an object',
      { metrics: { service: { labels: { 'helm.sh/chart': 'a' } } } },
      'metrics.service.labels: the chart itself sets',
    ],
    [
      'a NetworkPolicy of the host network',
      { ...POLICY, hostNetwork: true },
      'networkPolicy.create: a NetworkPolicy has no effect on pods with hostNetwork',
    ],
  ])('refuses %s', async (_rule, values, message) => {
    await expect(render(values)).rejects.toThrow(message)
  })
})

/** One object of values with those of another in it. */
function merged(values: object, others: object): object {
  const result: Record<string, unknown> = { ...values }
  for (const [key, value] of Object.entries(others)) {
    const old = result[key]
    const isMap = typeof old === 'object' && old !== null && typeof value === 'object' && value !== null
    result[key] = isMap && !Array.isArray(value) ? merged(old, value as object) : value
  }
  return result
}
