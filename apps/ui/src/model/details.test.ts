import type { KubeObject } from '@ack-secret-manager/k8s-client'
import type { TreeNode } from '@ack-secret-manager/resource-view'
import { describe, expect, it } from 'vitest'
import { condition, deployment, externalSecret, secretStore, statusOf, TIME } from '../testing/objects.ts'
import { graphOf } from './graph.ts'
import { guideView } from './guide.ts'
import { resourceObject, storeObject, workloadObject } from './objects.ts'
import { actionsFor } from './permissions.ts'
import { type DetailParts, resourceDetail } from './resource-detail.ts'
import { shellWord } from './shell-word.ts'
import { storeDetail } from './store-detail.ts'

const NONE = { state: 'known', events: [] } as const
const detailOf = (object: KubeObject, parts: Partial<DetailParts> = {}) =>
  resourceDetail({
    resource: resourceObject(object),
    stores: new Map(),
    workloads: [],
    readWorkloads: [],
    hiddenWorkloads: [],
    unreadWorkloads: [],
    secret: { state: 'missing' },
    events: NONE,
    access: { isAllowed: true },
    isReadOnly: false,
    ...parts,
  })

describe('the sources of an ExternalSecret', () => {
  const spec = {
    data: [
      { key: 'app/db', name: 'password', secretStoreRef: { name: 'kms' } },
      { key: 'app/own', name: 'own' },
    ],
    dataProcess: [{ extract: { key: 'doc', secretStoreRef: { name: 'shared', kind: 'ClusterSecretStore' } } }],
  }

  it.each([
    [
      'before the first read',
      undefined,
      [
        ['app/db', 'unread', 'SecretStore shop/kms'],
        ['app/own', 'unread', ''],
        ['doc', 'unread', 'ClusterSecretStore shared'],
      ],
    ],
    [
      'with a result each',
      statusOf('Degraded', '', {
        secrets: [{ key: 'app/db', versionId: 'v1', versionStage: 'ACSCurrent', type: 'Generic' }],
        dataSyncResults: [{ ExternalSecretKey: 'doc', status: 'Failed', reason: 'no such secret' }],
      }),
      [
        ['app/db', 'ok', 'SecretStore shop/kms'],
        ['app/own', 'unread', ''],
        ['doc', 'failed', 'ClusterSecretStore shared'],
      ],
    ],
    [
      'with a failure after a read',
      statusOf('Stale', '', {
        secrets: [{ key: 'app/db', versionId: 'v1' }],
        dataSyncResults: [{ ExternalSecretKey: 'app/db', status: 'Failed', reason: 'no answer' }],
      }),
      [
        ['app/db', 'failed', 'SecretStore shop/kms'],
        ['app/own', 'unread', ''],
        ['doc', 'unread', 'ClusterSecretStore shared'],
      ],
    ],
  ])('%s', (_what, status, expected) => {
    const { sources } = detailOf(externalSecret('web', { spec, ...(status === undefined ? {} : { status }) }))
    expect(sources.map(({ secret, state, store }) => [secret, state, store])).toEqual(expected)
  })

  it('of an invalid spec are the last ones', () => {
    const status = statusOf('InvalidSpec', '', { secrets: [{ key: 'old', versionId: 'v1' }] })
    expect(detailOf(externalSecret('web', { spec: { data: 1 }, status })).sources).toMatchObject([
      { secret: 'old', state: 'ok' },
    ])
  })
})

describe('the generated keys of an ExternalSecret', () => {
  const store = { name: 'registry', kind: 'ClusterSecretStore' }
  const generate = [
    { name: 'password', password: { rotationInterval: '720h' } },
    { name: 'fixed', password: {} },
    { name: 'session', stsToken: { secretStoreRef: { name: 'kms' }, roleArn: 'acs:ram::1:role/upload' } },
    {
      name: '.dockerconfigjson',
      containerRegistry: {
        secretStoreRef: store,
        instances: [{ id: 'cri-abcdefgh12345678', registries: ['r.example.com'] }],
      },
    },
  ]
  const generated = [
    { name: 'password', generatedTime: TIME, renewalTime: '2026-12-29T03:12:00Z' },
    { name: 'fixed', generatedTime: TIME },
    { name: 'session', generatedTime: TIME, expiryTime: '2026-11-29T04:12:00Z', renewalTime: '2026-11-29T03:52:00Z' },
  ]
  const generatedOf = (spec: object, status: object) => {
    const { sources, ...detail } = detailOf(externalSecret('web', { spec: { data: [], ...spec }, status }))
    return { sources, generated: detail.generated, failed: detail.failedGenerators }
  }

  it('have their generator, store and times, and no value', () => {
    const secrets = [{ key: 'app/db', versionId: 'v1' }]
    expect(generatedOf({ generate }, statusOf('Synced', '', { generated, secrets }))).toEqual({
      sources: [expect.objectContaining({ secret: 'app/db' })],
      generated: [
        { key: 'password', generator: 'password', generatedAt: TIME, renewsAt: '2026-12-29T03:12:00Z' },
        { key: 'fixed', generator: 'password', generatedAt: TIME },
        {
          key: 'session',
          generator: 'stsToken',
          store: 'SecretStore shop/kms',
          generatedAt: TIME,
          renewsAt: '2026-11-29T03:52:00Z',
          expiresAt: '2026-11-29T04:12:00Z',
        },
        { key: '.dockerconfigjson', generator: 'containerRegistry', store: 'ClusterSecretStore registry' },
      ],
      failed: [],
    })
  })

  it('fail by generator, which is no KMS secret', () => {
    const dataSyncResults = [
      { ExternalSecretKey: 'generated sts token', status: 'Failed', reason: 'AccessDenied: no' },
      { ExternalSecretKey: 'generated password', status: 'Succeeded' },
      { ExternalSecretKey: 'app/generated x', status: 'Failed', reason: 'SecretNotFound: no' },
    ]
    const { sources, failed } = generatedOf({ generate }, statusOf('Degraded', '', { dataSyncResults }))
    expect(sources.map(({ secret }) => secret)).toEqual(['app/generated x'])
    expect(failed).toEqual([{ generator: 'sts token', message: 'AccessDenied: no' }])
  })

  it('of an invalid spec are those that the Secret has', () => {
    const status = statusOf('InvalidSpec', '', { generated: generated.slice(1, 2) })
    expect(generatedOf({ generate: 7 }, status).generated).toEqual([{ key: 'fixed', generatedAt: TIME }])
  })
})

describe('the details of an ExternalSecret', () => {
  it('have its message in full, its conditions, its guide and commands', () => {
    const message = `AccessDenied: ${'x'.repeat(900)}`
    const detail = detailOf(
      externalSecret('web', {
        metadata: { creationTimestamp: TIME },
        spec: { rotationInterval: '120s' },
        status: statusOf('AccessDenied', message),
      }),
    )
    expect(detail).toMatchObject({
      message: 'x'.repeat(900),
      uid: 'uid-web',
      createdAt: TIME,
      rotationInterval: '120s',
      conditions: [{ type: 'Ready', status: 'False', reason: 'AccessDenied', message, since: TIME }],
      guide: { run: ['acksm status store/kms -n shop', 'acksm doctor --kube', 'acksm refresh web -n shop --wait'] },
      target: { namespace: 'shop', name: 'web', state: 'missing', type: '' },
    })
    expect(detail.commands.map(({ text }) => text)).toEqual([
      'acksm status web -n shop',
      'acksm tree web -n shop',
      'acksm refresh web -n shop --wait',
      'acksm explain AccessDenied',
      'kubectl get externalsecrets.alibabacloud.com web -n shop -o yaml',
    ])
  })

  it.each([' ', '\u0003', 'a\nb', '$(id)'])('offer no command for a forged reason: %j', (reason) => {
    const { commands } = detailOf(externalSecret('web', { status: statusOf(reason) }))
    expect(commands.map((each) => each.for)).toEqual(['status', 'tree', 'refresh', 'yaml'])
  })

  it('have no guide for a reason of a newer operator', () => {
    expect(detailOf(externalSecret('web', { status: statusOf('BrandNew') })).guide).toBeUndefined()
    expect(detailOf(externalSecret('web'))).toMatchObject({
      message: 'the operator has not reported on it yet',
      conditions: [],
    })
  })

  it('have of the Secret its times and owner only', () => {
    const annotations = {
      'alibabacloud.com/owner': 'shop/other',
      'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"aHVudGVyMg=="}}',
    }
    const object = { metadata: { namespace: 'shop', name: 'web', creationTimestamp: TIME, annotations } }
    const detail = detailOf(externalSecret('web'), { secret: { state: 'present', object } })
    expect(detail.target).toEqual({
      namespace: 'shop',
      name: 'web',
      state: 'present',
      isPolled: false,
      type: '',
      createdAt: TIME,
      otherOwner: 'shop/other',
    })
    expect(JSON.stringify(detail)).not.toMatch(/aHVudGVyMg|last-applied/)
  })

  it.each([
    ['present', undefined, false],
    ['present', false, true],
    ['missing', false, true],
    ['forbidden', false, false],
  ] as const)('say of a Secret that is %s, watched: %s, that it is polled: %s', (state, isWatched, isPolled) => {
    const object = { metadata: { namespace: 'shop', name: 'web' } }
    const secret = { state, object, ...(isWatched === undefined ? {} : { isWatched }) }
    expect(detailOf(externalSecret('web'), { secret }).target.isPolled).toBe(isPolled)
  })

  it('have the workloads that use its Secret, and none of another', () => {
    const metadata = { annotations: { 'alibabacloud.com/restarted-for': '{"web":"x"}' } }
    const uses = [deployment('api', 'web', { metadata, status: { readyReplicas: 1 } }), deployment('else', 'other')]
    const workloads = uses.flatMap((each) => workloadObject('Deployment', each) ?? [])
    expect(detailOf(externalSecret('web'), { workloads }).workloads).toEqual([
      { kind: 'Deployment', namespace: 'shop', name: 'api', uses: ['env PASSWORD'], ready: 1, wanted: 2 },
    ])
    expect(detailOf(externalSecret('web'), { workloads: undefined, hiddenWorkloads: ['Deployment'] })).toMatchObject({
      hiddenWorkloads: ['Deployment'],
    })
  })

  it('quotes what a shell would read', () => {
    expect(shellWord('web-1.a')).toBe('web-1.a')
    expect(shellWord("a'; rm -rf $HOME")).toBe(`'a'\\''; rm -rf $HOME'`)
    expect(detailOf(externalSecret('$(id)')).commands[0]?.text).toBe("acksm status '$(id)' -n shop")
  })
})

describe('the actions', () => {
  const resource = (spec: object = {}, metadata: object = {}) =>
    resourceObject(externalSecret('web', { spec, metadata }))
  const ownerReferences = [{ kind: 'ClusterExternalSecret', name: 'all', apiVersion: 'v', uid: 'u' }]
  const may = { access: { isAllowed: true }, isReadOnly: false } as const

  it.each([
    ['of an active one', resource(), may, ['allowed', 'allowed', 'no-effect']],
    ['of a suspended one', resource({ suspend: true }), may, ['no-effect', 'no-effect', 'allowed']],
    [
      'of one of a ClusterExternalSecret',
      resource({}, { ownerReferences }),
      may,
      ['allowed', 'no-effect', 'no-effect'],
    ],
    [
      'of one that is being deleted',
      resource({}, { deletionTimestamp: TIME }),
      may,
      ['no-effect', 'no-effect', 'no-effect'],
    ],
    [
      'without the right',
      resource(),
      { access: { isAllowed: false, why: 'no' }, isReadOnly: false } as const,
      ['denied', 'denied', 'denied'],
    ],
    [
      'while the API server does not say it',
      resource(),
      { access: { isAllowed: 'unknown', why: 'no answer' }, isReadOnly: false } as const,
      ['unknown', 'unknown', 'unknown'],
    ],
    [
      'of a server that changes nothing',
      resource(),
      { ...may, isReadOnly: true },
      ['read-only', 'read-only', 'read-only'],
    ],
  ])('%s', (_what, each, options, states) => {
    const { refresh, suspend, resume } = actionsFor(each, options)
    expect([refresh.state, suspend.state, resume.state]).toEqual(states)
  })
})

describe('the graph', () => {
  const store = storeObject(
    'SecretStore',
    secretStore('kms', {
      status: { conditions: [condition('Ready', 'True', 'Valid')], identity: { principal: 'acs:ram::1:role/r' } },
    }),
  )

  it('goes from KMS to the workloads', () => {
    const workload = workloadObject('Deployment', deployment('api', 'web', { status: { readyReplicas: 1 } }))
    const { graph } = detailOf(externalSecret('web', { status: statusOf('Synced', '', { keyCount: 1 }) }), {
      stores: new Map([['SecretStore shop/kms', store]]),
      workloads: workload === undefined ? [] : [workload],
    })
    expect(graph.nodes.map(({ kind, name, state, column }) => [kind, name, state, column])).toEqual([
      ['ExternalSecret', 'web', 'ok', 2],
      ['SecretStore', 'kms', 'ok', 1],
      ['Identity', 'acs:ram::1:role/r', 'unknown', 0],
      ['KMSSecret', 'app/db', 'unknown', 0],
      ['Secret', 'web', 'unknown', 3],
      ['Deployment', 'api', 'warning', 4],
    ])
    const names = new Map(graph.nodes.map(({ id, name, kind }) => [id, `${kind} ${name}`]))
    expect(graph.edges.map(({ from, to }) => `${names.get(from)} → ${names.get(to)}`).toSorted()).toEqual([
      'ExternalSecret web → Secret web',
      'Identity acs:ram::1:role/r → SecretStore kms',
      'KMSSecret app/db → SecretStore kms',
      'Secret web → Deployment api',
      'SecretStore kms → ExternalSecret web',
    ])
  })

  it('shows a limited number of one column, and counts the others', () => {
    const children = Array.from({ length: 130 }, (_, index): TreeNode => ({
      kind: 'Deployment',
      namespace: 'a',
      name: `d${index}`,
    }))
    const graph = graphOf({ kind: 'Secret', namespace: 'a', name: 's', children })
    expect([graph.nodes.length, graph.edges.length, graph.more]).toEqual([101, 100, 30])
  })

  it('of a store has what uses it, the failing first', () => {
    const users = [
      resourceObject(externalSecret('fine', { status: statusOf('Synced') })),
      resourceObject(externalSecret('lost', { status: statusOf('SecretNotFound') })),
    ]
    const detail = storeDetail(store, { users, events: NONE })
    const resources = detail.graph.nodes.filter(({ kind }) => kind === 'ExternalSecret')
    expect(resources.map(({ name, state }) => [name, state])).toEqual([
      ['lost', 'error'],
      ['fine', 'ok'],
    ])
    expect(detail.graph.edges).toContainEqual({
      from: 'SecretStore shop/kms',
      to: 'ExternalSecret shop/lost',
      label: '',
    })
  })
})

it.each([
  ['a SecretStore', { namespace: 'shop', name: 'kms' }, 'acksm status store/kms -n shop'],
  ['a ClusterSecretStore', { namespace: '', name: 'shared' }, 'acksm status css/shared'],
  ['no store', undefined, 'acksm status store/NAME -n NAMESPACE'],
])('fills in the names of %s', (_what, store, command) => {
  const guide = guideView(
    { kind: 'ExternalSecret', condition: 'Ready', reason: 'AccessDenied' },
    { namespace: 'a', name: 'b', store },
  )
  expect(guide?.run[0]).toBe(command)
})

it.each([
  ['one resource', { namespace: 'shop', name: 'web' }, 'acksm refresh web -n shop --wait'],
  [
    'the resources of a SecretStore',
    { namespace: 'shop', name: 'web', selector: { namespace: 'shop', name: 'weak' } },
    'acksm refresh store/weak -n shop --wait',
  ],
  [
    'the resources of a ClusterSecretStore',
    { namespace: 'shop', name: 'web', selector: { namespace: '', name: 'shared' } },
    'acksm refresh css/shared --wait',
  ],
])('refreshes %s', (_what, names, command) => {
  expect(guideView({ kind: 'ExternalSecret', condition: 'Ready', reason: 'AccessDenied' }, names)?.run).toContain(
    command,
  )
})

it.each([
  ['AccessDenied', 'none', 'none'],
  ['SecretNotFound', 'some', 'some'],
  ['Unavailable', 'none', 'none'],
  ['AccessDenied', 'all', undefined],
  // It says itself when the Secret is created.
  ['Degraded', 'none', undefined],
  ['TargetConflict', 'none', undefined],
] as const)('says of %s with %s of the Secrets written: %s', (reason, written, expected) => {
  expect(guideView({ kind: 'ExternalSecret', condition: 'Ready', reason }, { written })?.written).toBe(expected)
})

it('knows of a resource whether its Secret was written', () => {
  const guideOf = (status: object) => detailOf(externalSecret('web', { status })).guide
  expect(guideOf(statusOf('AccessDenied'))?.written).toBe('none')
  expect(guideOf(statusOf('AccessDenied', '', { keyCount: 1 }))).not.toHaveProperty('written')
})
