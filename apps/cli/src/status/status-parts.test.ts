import {
  causeOf,
  groupFailures,
  liveExternalSecret,
  type OperatorDeployment,
  type OperatorLease,
  operatorStateOf,
  secretUsesOf,
} from '@ack-secret-manager/resource-view'
import { describe, expect, it } from 'vitest'
import { sourceAgeMs } from '../kube/operator-metrics.ts'
import { agoText, durationText } from '../output/time-text.ts'
import { groupText } from './overview/overview-text.ts'

const AT = 'KMS secret "app/db" at kms.cn-hangzhou.aliyuncs.com'

it.each([
  [
    'Stale',
    `Stale: ${AT}: the service reports an internal error (ServiceUnavailableTemporary, HTTP 503) (last values kept)`,
    'HTTP 503 ServiceUnavailableTemporary at kms.cn-hangzhou.aliyuncs.com',
  ],
  [
    'SecretNotFound',
    '2 of 9 secrets: SecretNotFound: KMS secret at kms.example: no such secret or version: "a", "d" (last values kept)',
    'no such secret or version at kms.example',
  ],
  [
    'SecretNotFound',
    `SecretNotFound: ${AT}: no such secret (nothing is written until all keys can be read)`,
    'no such secret at kms.cn-hangzhou.aliyuncs.com',
  ],
  ['InvalidSpec', 'spec.data[0].name: expected a key of a Secret', 'spec.data[0].name: expected a key of a Secret'],
  ['TargetConflict', 'x'.repeat(300), `${'x'.repeat(199)}…`],
])('the cause of %s: %s', (reason, message, cause) => expect(causeOf(reason, message)).toBe(cause))

const resource = (namespace: string, name: string, reason: string, message: string, store = 'kms') =>
  liveExternalSecret({
    metadata: { namespace, name },
    spec: { data: [{ key: 'app/db', name: 'password', secretStoreRef: { name: store } }] },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: reason === 'Synced' ? 'True' : 'False',
          reason,
          message,
          lastTransitionTime: '2026-11-29T03:12:00Z',
        },
      ],
    },
  })

it('makes one group of 412 of 500 resources, and others of another endpoint or cause', () => {
  const down = (name: string, host = 'kms.example'): string =>
    `Stale: KMS secret "${name}" at ${host}: unavailable (HTTP 503) (last values kept)`
  const all = Array.from({ length: 500 }, (_, index) =>
    index < 412
      ? resource('prod', `r${index}`, 'Stale', down(`s${index}`))
      : resource('prod', `r${index}`, 'Synced', '1 key up to date'),
  )
  const others = [
    resource('prod', 'typo', 'SecretNotFound', 'no such secret'),
    resource('prod', 'else', 'Stale', down('x', 'kms.other'), 'second'),
  ]
  const suspended = resource('prod', 'paused', 'Suspended', 'spec.suspend is true')
  const deployments = Array.from({ length: 38 }, (_, index) => ({
    kind: 'Deployment',
    namespace: 'prod',
    name: `d${index}`,
    uses: [{ secret: `r${index}`, how: 'envFrom' }],
  }))
  const elsewhere = { kind: 'Deployment', namespace: 'test', name: 'd', uses: [{ secret: 'r1', how: 'envFrom' }] }
  const groups = groupFailures({
    all: [...all, ...others, suspended],
    stores: new Map(),
    workloads: [...deployments, elsewhere],
  })
  expect(groups.map(({ reason, resources, total }) => [reason, resources.length, total])).toEqual([
    ['Stale', 412, 502],
    ['SecretNotFound', 1, 502],
    ['Stale', 1, 1],
  ])
  expect(groups[0] && groupText(groups[0], { nowMs: Date.parse('2026-11-29T04:00:00Z'), isWide: false })).toMatch(
    /^412 of 502 Stale since \d\d:\d\d · SecretStore prod\/kms · HTTP 503 at kms\.example · used by 38 Deployments$/,
  )
})

it('finds every way in which a Pod can use a Secret, each once', () => {
  const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 'env', key: 'a' } } }, { name: 'B' }]
  const uses = secretUsesOf({
    containers: [
      { name: 'a', env, envFrom: [{ secretRef: { name: 'from' } }, {}] },
      { name: 'b', env },
    ],
    initContainers: [{ name: 'i', env: [{ name: 'I', valueFrom: { secretKeyRef: { name: 'init' } } }] }],
    ephemeralContainers: [{ name: 'e', envFrom: [{ secretRef: { name: 'debug' } }] }],
    volumes: [
      { name: 'v', secret: { secretName: 'volume' } },
      { name: 'p', projected: { sources: [{ secret: { name: 'projected' } }, {}] } },
      { name: 'c', csi: { driver: 'x', nodePublishSecretRef: { name: 'csi' } } },
      { name: 'f', cephfs: { secretRef: { name: 'ceph' } } },
      { name: 'z', azureFile: { secretName: 'azure' } },
      { name: 'm', configMap: { name: 'no-secret' } },
    ],
    imagePullSecrets: [{ name: 'pull' }],
  })
  expect(uses.map(({ secret, how }) => `${secret}: ${how}`)).toEqual([
    'env: env A',
    'from: envFrom',
    'init: env I',
    'debug: envFrom',
    'volume: volume v',
    'projected: projected volume p',
    'csi: credential of volume c',
    'ceph: credential of volume f',
    'azure: credential of volume z',
    'pull: imagePullSecrets',
  ])
  expect(secretUsesOf({})).toEqual([])
})

describe('state of the operator', () => {
  const lease: OperatorLease = {
    namespace: 'ops',
    name: 'ack-secret-manager',
    holder: 'pod-1',
    renewTime: '2026-11-29T03:00:00Z',
    isHeld: true,
  }
  const deployment: OperatorDeployment = {
    namespace: 'ops',
    name: 'asm',
    version: '1',
    image: 'i',
    readyReplicas: 1,
    replicas: 1,
  }
  it.each([
    [[deployment], [lease], 'running', 'pod-1 leads in namespace ops'],
    [[deployment], [], 'running', 'Deployment ops/asm is ready'],
    [undefined, [lease], 'running', 'pod-1 leads in namespace ops'],
    [
      undefined,
      [{ ...lease, isHeld: false }],
      'stopped',
      'Lease ops/ack-secret-manager was last renewed at 2026-11-29T03:00:00Z by pod-1',
    ],
    [
      undefined,
      [{ ...lease, holder: '', isHeld: false }],
      'stopped',
      'Lease ops/ack-secret-manager has no holder since 2026-11-29T03:00:00Z',
    ],
    [[{ ...deployment, readyReplicas: 0 }], [], 'stopped', 'no Lease ack-secret-manager and no ready Deployment exist'],
    [undefined, undefined, 'unknown', 'you may not list Leases and Deployments of namespace ops'],
    [[], [], 'unknown', 'no operator found: no Lease ack-secret-manager and no Deployment of it exist'],
  ] as const)('%j %j: %s', (deployments, leases, state, detail) => {
    expect(operatorStateOf(deployments, leases, { kind: 'one', namespace: 'ops', confirmed: true })).toMatchObject({
      state,
      detail,
    })
  })
})

it('finds the age of one resource in the metrics', () => {
  const page = [
    '# TYPE acksm_resource_source_age_seconds gauge',
    'acksm_resource_source_age_seconds{namespace="prod",name="web-2"} 7',
    'acksm_resource_source_age_seconds{namespace="prod2",name="web"} 8',
    'acksm_resource_source_age_seconds{namespace="prod",name="web"} 12.5',
  ].join('\n')
  expect(sourceAgeMs(page, { namespace: 'prod', name: 'web' })).toBe(12_500)
  expect(sourceAgeMs(page, { namespace: 'prod', name: 'api' })).toBeUndefined()
})

it.each([
  [14_000, '14s'],
  [300_000, '5m'],
  [10_800_000, '3h'],
  [1_036_800_000, '12d'],
  [-5, '0s'],
])('%d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text))

it('prints a time of another day with its date, and what is no time unchanged', () => {
  const nowMs = Date.parse('2026-11-29T12:00:00Z')
  expect(agoText('2026-11-29T11:55:00Z', nowMs)).toMatch(/^\d\d:\d\d \(5m ago\)$/)
  expect(agoText('2026-11-20T11:55:00Z', nowMs)).toMatch(/^2026-11-\d\d \d\d:\d\d \(9d ago\)$/)
  expect(agoText('2026-11-29T12:05:00Z', nowMs)).toMatch(/^\d\d:\d\d \(in 5m\)$/)
  expect(agoText('soon', nowMs)).toBe('soon')
})
