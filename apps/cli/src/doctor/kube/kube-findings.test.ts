import { crds } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../check.ts'
import { findingsByCause, findingsByResource, type Trouble } from './conditions.ts'
import { problemsOf } from './crd-checks.ts'
import { encryptingProvider } from './encryption-checks.ts'
import { podTroubles } from './operator-deployment.ts'

describe('problems of a CRD', () => {
  const [ours] = crds()
  if (ours === undefined) throw new Error('there are no CRDs')
  const [version] = ours.spec.versions
  const { openAPIV3Schema } = version?.schema ?? {}
  const spec = openAPIV3Schema?.properties?.['spec']
  const { restart: _restart, ...older } = spec?.properties ?? {}
  const olderSchema = { properties: { ...openAPIV3Schema?.properties, spec: { properties: older } } }

  it.each([
    ['none', {}, {}, []],
    ['another version', { name: 'v1beta1' }, {}, [/^serves v1beta1, not v1alpha1$/, /^Update it: acksm crds/]],
    ['a version that is not served', { served: false }, {}, [/^serves v1alpha1, not/, /^Update it/]],
    ['a version that is not stored', { storage: false }, {}, [/^stores another version in etcd/, /^Write the objects/]],
    [
      'old objects',
      {},
      { storedVersions: ['v1', 'v1alpha1'] },
      [/^stores v1 in etcd/, /remove v1 from status\.stored/],
    ],
    ['an older schema', { schema: { openAPIV3Schema: olderSchema } }, {}, [/without spec\.restart$/, /^Update it/]],
    [
      'names that are taken',
      {},
      { conditions: [{ type: 'NamesAccepted', status: 'False', message: '"aes" is taken' }] },
      [/^not established: "aes" is taken$/, /^Delete the definition of the other product/],
    ],
  ])('%s', (_what, change, status, expected) => {
    const cluster = {
      spec: { versions: [{ ...version, name: 'v1alpha1', served: true, storage: true, ...change }] },
      status,
    }
    const problems = problemsOf(ours, cluster)
    const texts = problems.flatMap((problem) => (problem.status === 'failed' ? [problem.detail, problem.action] : []))
    expect(texts).toEqual(expected.map((pattern) => expect.stringMatching(pattern)))
  })
})

describe('encryption in the metrics of an API server', () => {
  const line = (labels: string, count = 3): string =>
    `# HELP x\napiserver_storage_transformation_operations_total{${labels}} ${count}\n`
  const KMS = 'resource="secrets",status="OK",transformation_type="to_storage",transformer_prefix="k8s:enc:kms:v2:acs:"'

  it.each([
    ['writes of Secrets', line(KMS), 'k8s:enc:kms:v2:acs:'],
    ['reads only', line(KMS.replace('to_storage', 'from_storage')), undefined],
    ['other resources only', line(KMS.replace('"secrets"', '"configmaps"')), undefined],
    ['no writes yet', line(KMS, 0), undefined],
    ['nothing', '', undefined],
  ])('%s', (_what, metrics, provider) => expect(encryptingProvider(metrics)).toBe(provider))
})

it('tells why pods do not run, once each', () => {
  const metadata = {}
  const crashed = {
    metadata,
    status: {
      containerStatuses: [
        { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 2 } } },
      ],
    },
  }
  const pending = {
    metadata,
    status: { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }] },
  }
  expect(podTroubles([crashed, crashed, pending, { metadata }])).toEqual([
    'CrashLoopBackOff (last exit 2)',
    'not scheduled: 0/3 nodes are available',
  ])
})

describe('troubles', () => {
  const trouble = (key: string, reason: string, message = `message of ${key}`): Trouble => ({
    kind: 'ExternalSecret',
    key,
    condition: 'Ready',
    reason,
    message,
  })
  const details = (findings: readonly Finding[]): readonly string[] => findings.map(({ detail }) => detail)

  it('are one finding for each reason, with its resources', () => {
    const many = Array.from({ length: 7 }, (_, index) => trouble(`shop/r${index}`, 'NoData'))
    expect(details(findingsByCause([trouble('a/a', 'TooLarge'), ...many]))).toEqual([
      'TooLarge: a/a: message of a/a',
      '7 NoData: shop/r0, shop/r1, shop/r2, shop/r3, shop/r4 and 2 more: message of shop/r0',
    ])
  })

  it('are one finding for each cause and store of a reason', () => {
    const at = (key: string, message: string, store: string) => ({
      ...trouble(key, 'Unavailable', `Unavailable: ${message}`),
      stores: [`SecretStore ${store}`],
    })
    const http = (name: string) => `KMS secret "${name}" at kms.example: unavailable (HTTP 503)`
    const many = [
      at('a/a', http('x'), 'a/kms'),
      at('a/b', http('y'), 'a/kms'),
      at('a/c', 'KMS secret "z" at kms.example: ENOTFOUND', 'a/kms'),
      at('b/d', http('x'), 'b/kms'),
    ]
    expect(details(findingsByCause(many))).toEqual([
      `2 Unavailable: a/a, a/b: ${http('x')}`,
      'Unavailable: a/c: KMS secret "z" at kms.example: ENOTFOUND',
      `Unavailable: b/d: ${http('x')}`,
    ])
  })

  it('are one finding for each resource whose cause is its own', () => {
    const two = [trouble('a/a', 'NoData'), trouble('a/b', 'NoData')]
    expect(findingsByResource(two, 'SecretStore').map(({ title, detail }) => `${title}: ${detail}`)).toEqual([
      'SecretStore a/a: NoData: message of a/a',
      'SecretStore a/b: NoData: message of a/b',
    ])
  })

  it.each([
    ['the reason', 'NoData: empty', 'empty'],
    ['the store', 'SecretStore a/a: spec.KMS: wrong', 'spec.KMS: wrong'],
    ['nothing of another store', 'SecretStore a/b: spec.KMS: wrong', 'SecretStore a/b: spec.KMS: wrong'],
  ])('repeat not %s', (_what, message, text) => {
    expect(details(findingsByResource([trouble('a/a', 'NoData', message)], 'SecretStore'))).toEqual([`NoData: ${text}`])
  })

  it('of a newer operator have an action too', () => {
    expect(findingsByCause([trouble('a/a', 'Novel')])).toMatchObject([
      { action: 'Update acksm: this version does not know the reason Novel' },
    ])
  })

  it('are limited', () => {
    const many = Array.from({ length: 45 }, (_, index) => trouble('a/a', `Reason${index}`))
    const findings = findingsByCause(many)
    expect(findings).toHaveLength(41)
    expect(findings.at(-1)).toEqual({ status: 'skipped', detail: '5 more' })
  })
})
