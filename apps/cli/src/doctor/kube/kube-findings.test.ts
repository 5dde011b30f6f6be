import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { crds } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../check.ts'
import { findingsByCause, findingsByResource, type Trouble } from './conditions.ts'
import { oneByAction, problemsOf } from './crd-checks.ts'
import { encryptingProvider } from './encryption-checks.ts'
import { externalSecretFindings } from './external-secret-checks.ts'
import { podTroubles } from './operator-deployment.ts'
import { type KnownStores, storeFindings } from './store-status-checks.ts'

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
  ])('%s', (what, change, status, expected) => {
    const cluster = {
      spec: { versions: [{ ...version, name: 'v1alpha1', served: true, storage: true, ...change }] },
      status,
    }
    const problems = problemsOf(ours, cluster)
    const texts = problems.flatMap((problem) => (problem.status === 'failed' ? [problem.detail, problem.action] : []))
    expect(texts).toEqual(expected.map((pattern) => expect.stringMatching(pattern)))
    // Objects of an older schema can be read.
    const mayRead = ['none', 'a version that is not stored', 'old objects', 'an older schema'].includes(what)
    expect(problems.every(({ blocks }) => blocks === false)).toBe(mayRead)
  })
})

it('lets later checks run if CRDs only lack fields', () => {
  const older = (title: string) =>
    ({ status: 'failed', title, detail: 'older', action: 'Update it', blocks: false }) as const
  const { blocks: _blocks, ...unserved } = older('CRD c')
  expect(oneByAction([older('CRD a'), older('CRD b')])).toMatchObject([{ blocks: false }])
  expect(oneByAction([older('CRD a'), unserved])).toEqual([expect.not.objectContaining({ blocks: false })])
})

it('updates all older CRDs with one action', () => {
  const older = (title: string) => ({ status: 'failed', title, detail: 'older', action: 'Update it' }) as const
  const other = { ...older('CRD c'), action: 'Delete it' } as const
  expect(oneByAction([older('CRD a'), other, older('CRD b')])).toEqual([
    { status: 'failed', detail: 'CRD a older; CRD b older', action: 'Update it' },
    other,
  ])
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
  const trouble = (key: string, reason: string, message = `message of ${key}`): Trouble => {
    const [namespace = '', name = ''] = key.split('/')
    return { kind: 'ExternalSecret', namespace, name, condition: 'Ready', reason, message, stores: [] }
  }
  const details = (findings: readonly Finding[]): readonly string[] => findings.map(({ detail }) => detail)
  const byCause = (troubles: readonly Trouble[]): readonly Finding[] => findingsByCause(troubles, new Map())

  it('are one finding for each cause of a reason, the largest first', () => {
    const http = (name: string) => `Unavailable: KMS secret "${name}" at kms.example: unavailable (HTTP 503)`
    const many = Array.from({ length: 7 }, (_, index) => trouble(`shop/r${index}`, 'Unavailable', http(`s${index}`)))
    const dns = trouble('a/c', 'Unavailable', 'Unavailable: KMS secret "z" at kms.example: ENOTFOUND')
    const findings = byCause([trouble('a/a', 'TooLarge'), dns, ...many])
    expect(details(findings)).toEqual([
      '7 Unavailable: shop/r0, shop/r1, shop/r2, shop/r3, shop/r4 and 2 more: KMS secret "s0" at kms.example: unavailable (HTTP 503)',
      'TooLarge: a/a: message of a/a',
      'Unavailable: a/c: KMS secret "z" at kms.example: ENOTFOUND',
    ])
    expect(findings[0]?.status === 'failed' && findings[0].resources).toEqual(many.map(({ name }) => `shop/${name}`))
  })

  it('of several namespaces name none of them in the message', () => {
    const missing = (namespace: string): Trouble =>
      trouble(`${namespace}/web`, 'StoreNotFound', `SecretStore ${namespace}/kms does not exist`)
    expect(details(byCause([missing('a'), missing('b')]))).toEqual([
      '2 StoreNotFound: a/web, b/web: SecretStore NAMESPACE/kms does not exist',
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
    expect(byCause([trouble('a/a', 'Novel')])).toMatchObject([
      { action: 'Update acksm: this version does not know the reason Novel' },
    ])
  })
})

describe('60 tenants with a store each', () => {
  const TENANTS = Array.from({ length: 60 }, (_, index) => `team-${String(index).padStart(2, '0')}`)
  const DOWN = 'kms.example has not responded since 2026-11-29T03:12:05Z: HTTP 503'
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: '2026-11-29T03:12:05Z',
  })
  const store = (namespace: string, ...conditions: object[]) => ({
    metadata: { namespace, name: 'kms' },
    status: { endpoint: 'kms.example', conditions },
  })
  const unreachable = (namespace: string) =>
    store(namespace, condition('Ready', 'True', 'Ready', ''), condition('Reachable', 'False', 'Unavailable', DOWN))
  const refused = (namespace: string) =>
    store(
      namespace,
      condition(
        'Ready',
        'False',
        'AuthenticationFailed',
        `SecretStore ${namespace}/kms: Secret ${namespace}/key does not exist`,
      ),
    )
  const externalSecret = (namespace: string, name: string, reason: string, message: string) => ({
    metadata: { namespace, name },
    spec: { data: [{ key: 'a', name: 'a', secretStoreRef: { name: 'kms' } }] },
    status: { conditions: [condition('Ready', 'False', reason, message)] },
  })
  const findingsOf = (stores: readonly KubeObject[], resources: readonly KubeObject[]) => {
    const known: KnownStores = { states: new Map(), broken: new Map() }
    const found = storeFindings('SecretStore', stores, 0, known)
    return { stores: found, resources: externalSecretFindings(resources, known, 0) }
  }

  it('are one finding, and one of the resources that wait for them', () => {
    const stale = (namespace: string) => externalSecret(namespace, 'web', 'Stale', `Stale: ${DOWN} (last values kept)`)
    const found = findingsOf([...TENANTS.map(unreachable), refused('other')], TENANTS.map(stale))
    expect(found).toEqual({
      stores: [
        {
          status: 'failed',
          title: '60 SecretStores (team-00/kms, team-01/kms …)',
          detail: `Reachable Unavailable: ${DOWN}`,
          reason: 'Unavailable',
          action: expect.stringMatching(/probe/),
          resources: TENANTS.map((namespace) => `${namespace}/kms`),
        },
        expect.objectContaining({
          title: 'SecretStore other/kms',
          detail: 'AuthenticationFailed: Secret other/key does not exist',
        }),
      ],
      resources: [
        {
          status: 'skipped',
          detail:
            '60 waiting for 60 SecretStores (team-00/kms, team-01/kms …), see above: team-00/web, team-01/web, team-02/web, team-03/web, team-04/web and 55 more',
          resources: TENANTS.map((namespace) => `${namespace}/web`),
        },
      ],
    })
  })

  it('name no single tenant in the message of all', () => {
    const found = findingsOf(TENANTS.map(refused), [])
    expect(found.stores.map(({ title, detail }) => `${title}: ${detail}`)).toEqual([
      '60 SecretStores (team-00/kms, team-01/kms …): AuthenticationFailed: Secret NAMESPACE/key does not exist',
    ])
  })

  it('are two findings of two hosts', () => {
    const elsewhere = {
      ...unreachable('far'),
      status: { ...unreachable('far').status, endpoint: 'kms.other' },
    }
    expect(findingsOf([elsewhere, ...TENANTS.map(unreachable)], []).stores.map(({ title }) => title)).toEqual([
      '60 SecretStores (team-00/kms, team-01/kms …)',
      'SecretStore far/kms',
    ])
  })

  it('wait for the reason why a store is not Ready, if it is not reachable either', () => {
    const both = (namespace: string) => {
      const { metadata, status } = refused(namespace)
      return {
        metadata,
        status: { ...status, conditions: [...unreachable('').status.conditions.slice(1), ...status.conditions] },
      }
    }
    const stale = externalSecret('both', 'web', 'Stale', 'Stale: x')
    const found = findingsOf([both('both'), ...TENANTS.map(unreachable)], [stale])
    expect(found.resources.map(({ detail }) => detail)).toEqual([
      '1 waiting for SecretStore both/kms, see above: both/web',
    ])
  })
})
