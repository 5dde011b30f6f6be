import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { storeState } from '@ack-secret-manager/resource-view'
import { describe, expect, it } from 'vitest'
import { condition, secretStore, TIME } from '../../testing/objects.ts'
import { pushed, pushSecret, pushStatus } from '../../testing/push-secrets.ts'
import { storeObject } from '../objects.ts'
import type { SecretRead } from '../resource-detail.ts'
import { touchedPushSecrets } from '../touched.ts'
import type { PushSecretRow } from '../views/push-secret.ts'
import { pushSecretDetail } from './push-secret-detail.ts'
import { pushSecretObject } from './push-secret-object.ts'
import { pushProblemsOf } from './push-secret-problems.ts'
import { pushSecretCounts, pushSecretRow } from './push-secret-row.ts'

const rowOf = (object: KubeObject): PushSecretRow => pushSecretRow(pushSecretObject(object))

describe('a PushSecret in the table', () => {
  it.each<[what: string, object: KubeObject, row: Partial<PushSecretRow>]>([
    [
      'without a status',
      pushSecret('web'),
      {
        id: 'PushSecret shop/web',
        state: 'pending',
        reason: '',
        message: '',
        secret: 'credentials',
        stores: ['SecretStore shop/kms'],
        total: 0,
        failed: 0,
      },
    ],
    [
      'that is Ready',
      pushSecret('web', {
        status: pushStatus('Synced', '2 KMS secrets are up to date', [
          pushed('shop/a', 'Pushed', { lastPushTime: '2026-11-29T02:00:00Z' }),
          pushed('shop/b', 'Kept', { lastPushTime: '2026-11-29T03:00:00Z' }),
        ]),
      }),
      { state: 'ready', reason: 'Synced', since: TIME, total: 2, failed: 0, pushedAt: '2026-11-29T03:00:00Z' },
    ],
    [
      'with a failure of some',
      pushSecret('web', {
        status: pushStatus('Degraded', 'Degraded: no', [pushed('shop/a', 'Pushed'), pushed('shop/b', 'Failed')]),
      }),
      { state: 'degraded', message: 'no', total: 2, failed: 1 },
    ],
    [
      'with a failure of all',
      pushSecret('web', {
        status: pushStatus('AccessDenied', 'no', [pushed('shop/a', 'Failed'), pushed('shop/b', 'Deleting')]),
      }),
      { state: 'failing', failed: 2 },
    ],
    [
      'with a former store',
      pushSecret('web', {
        status: pushStatus('Synced', '', [
          pushed('shop/a', 'Pushed', { secretStoreRef: { kind: 'ClusterSecretStore', name: 'old' } }),
        ]),
      }),
      { stores: ['SecretStore shop/kms', 'ClusterSecretStore old'] },
    ],
    ['with an invalid spec', pushSecret('web', { spec: { data: 7 } }), { secret: '', stores: [], state: 'pending' }],
    [
      'that a newer spec waits for',
      pushSecret('web', { metadata: { generation: 2 }, status: { observedGeneration: 1 } }),
      { isOutdated: true },
    ],
    ['that is being deleted', pushSecret('web', { metadata: { deletionTimestamp: TIME } }), { isDeleting: true }],
    ['with nothing valid', { metadata: { name: 'x' }, spec: 'y', status: 7 }, { state: 'pending', total: 0 }],
  ])('%s', (_what, object, expected) => expect(rowOf(object)).toMatchObject(expected))

  it('is small, whatever its status has', () => {
    const secrets = Array.from({ length: 256 }, (_, index) =>
      pushed(`s${index}`, 'Failed', { secretStoreRef: { kind: 'SecretStore', name: `store-${index}` } }),
    )
    const row = rowOf(pushSecret('web', { status: pushStatus('Degraded', 'x'.repeat(1_024), secrets) }))
    expect([row.total, row.stores.length, row.message.length]).toEqual([256, 10, 200])
  })

  it('counts', () => {
    const all = ['ready', 'ready', 'degraded', 'pending'] as const
    expect(pushSecretCounts(all.map((state) => ({ state })))).toEqual({
      total: 4,
      ready: 2,
      degraded: 1,
      failing: 0,
      pending: 1,
    })
  })
})

describe('the details of a PushSecret', () => {
  const store = storeObject(
    'SecretStore',
    secretStore('kms', {
      status: { conditions: [condition('Ready', 'True', 'Valid')], identity: { principal: 'acs:ram::1:role/r' } },
    }),
  )
  const detailOf = (object: KubeObject, secret: SecretRead | undefined = { state: 'missing' }) =>
    pushSecretDetail({
      pushSecret: pushSecretObject(object),
      stores: new Map([['SecretStore shop/kms', store]]),
      secret,
      events: { state: 'known', events: [] },
    })
  const object = pushSecret('web', {
    metadata: { creationTimestamp: TIME },
    spec: {
      data: [
        { key: 'shop/{{ .name }}', versionStages: ['blue'] },
        { key: 'shop/web/password', secretKey: 'password' },
      ],
      selector: { name: 'credentials', keys: ['password', 'user'] },
      deletionPolicy: 'Delete',
      recoveryWindowInDays: 7,
      refreshInterval: '30m',
    },
    status: pushStatus('TargetConflict', 'TargetConflict: not ours', [
      pushed('shop/web', 'Pushed', { versionId: 'acksm-1-a', lastPushTime: TIME }),
      pushed('shop/web/password', 'Failed', { reason: 'not ours' }),
    ]),
  })

  it('have its KMS secrets, its entries, its policies, what to do and commands', () => {
    expect(detailOf(object)).toMatchObject({
      message: 'not ours',
      createdAt: TIME,
      conditions: [{ type: 'Ready', status: 'False', reason: 'TargetConflict', since: TIME }],
      source: { namespace: 'shop', name: 'credentials', state: 'missing', isPolled: false },
      selectedKeys: ['password', 'user'],
      entries: [
        { key: 'shop/{{ .name }}', stages: ['blue'] },
        { key: 'shop/web/password', secretKey: 'password', stages: [] },
      ],
      targets: [
        { key: 'shop/web', state: 'Pushed', message: '', versionId: 'acksm-1-a', pushedAt: TIME },
        {
          key: 'shop/web/password',
          store: 'SecretStore shop/kms',
          state: 'Failed',
          message: 'not ours',
          versionId: '',
        },
      ],
      policies: { update: 'Replace', deletion: 'Delete', recoveryDays: 7, interval: '30m' },
      guide: { id: 'pushsecret-targetconflict', cure: expect.stringContaining('acksm:owner') as string },
      commands: [
        { text: 'acksm tree push/web -n shop' },
        { text: 'acksm explain TargetConflict' },
        { text: 'kubectl get pushsecrets.alibabacloud.com web -n shop -o yaml' },
      ],
    })
    const { targets, source } = detailOf(object)
    expect(Object.keys(targets[0] ?? {}).toSorted()).toEqual([
      'key',
      'message',
      'pushedAt',
      'state',
      'store',
      'versionId',
    ])
    expect(source).not.toHaveProperty('createdAt')
  })

  it('have of the Secret nothing but its age: its annotations can hold its content', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"aHVudGVyMg=="}}' }
    const metadata = { namespace: 'shop', name: 'credentials', creationTimestamp: TIME, annotations }
    const detail = detailOf(object, { state: 'present', object: { metadata }, isWatched: false })
    expect(detail.source).toEqual({
      namespace: 'shop',
      name: 'credentials',
      state: 'present',
      isPolled: true,
      createdAt: TIME,
    })
    expect(JSON.stringify(detail)).not.toMatch(/aHVudGVyMg|last-applied/)
  })

  it('go from the Secret to KMS', () => {
    const { graph } = detailOf(object, { state: 'present', object: { metadata: { name: 'credentials' } } })
    expect(graph.nodes.map(({ kind, name, state, column }) => [kind, name, state, column])).toEqual([
      ['PushSecret', 'web', 'error', 1],
      ['Secret', 'credentials', 'unknown', 0],
      ['SecretStore', 'kms', 'ok', 2],
      ['Identity', 'acs:ram::1:role/r', 'unknown', 1],
      ['KMSSecret', 'shop/web', 'ok', 3],
      ['KMSSecret', 'shop/web/password', 'error', 3],
    ])
    const names = new Map(graph.nodes.map(({ id, name }) => [id, name]))
    expect(graph.edges.map(({ from, to }) => `${names.get(from)} → ${names.get(to)}`).toSorted()).toEqual([
      'acs:ram::1:role/r → kms',
      'credentials → web',
      'kms → shop/web',
      'kms → shop/web/password',
      'web → kms',
    ])
  })

  it('of an invalid spec have no Secret, and still the KMS secrets', () => {
    const status = pushStatus('InvalidSpec', 'data: expected an array', [pushed('shop/web', 'Pushed')])
    const detail = detailOf(pushSecret('web', { spec: { data: 7 }, status }), undefined)
    expect(detail).toMatchObject({ entries: [], selectedKeys: [], targets: [{ key: 'shop/web' }] })
    expect(detail).not.toHaveProperty('source')
    expect(detail).not.toHaveProperty('policies')
  })

  it('quote what a shell would read', () => {
    expect(detailOf(pushSecret('$(id)')).commands[0]?.text).toBe("acksm tree 'push/$(id)' -n shop")
  })
})

describe('the problems of PushSecrets', () => {
  const objects = (count: number, reason: string, message: (index: number) => string, prefix: string = reason) =>
    Array.from({ length: count }, (_, index) =>
      pushSecretObject(pushSecret(`${prefix.toLowerCase()}-${index}`, { status: pushStatus(reason, message(index)) })),
    )

  it('are causes, the largest first, without what is Ready', () => {
    const denied = objects(3, 'AccessDenied', (index) => `KMS secret "s${index}": kms:PutSecretValue is denied`)
    const pending = [pushSecretObject(pushSecret('new'))]
    const { problems, more } = pushProblemsOf([...pending, ...objects(5, 'Synced', () => ''), ...denied], [])
    expect(more).toBe(0)
    expect(problems).toEqual([
      {
        reason: 'AccessDenied',
        cause: expect.stringContaining('kms:PutSecretValue is denied') as string,
        stores: ['SecretStore shop/kms'],
        pushSecrets: [0, 1, 2].map((index) => `PushSecret shop/accessdenied-${index}`),
        count: 3,
        since: TIME,
      },
      {
        reason: 'Unknown',
        cause: 'the operator has not reported on it yet',
        stores: ['SecretStore shop/kms'],
        pushSecrets: ['PushSecret shop/new'],
        count: 1,
      },
    ])
  })

  it('are limited, and so are their PushSecrets', () => {
    const word = (index: number): string => String.fromCharCode(97 + (index % 26)).repeat(1 + Math.floor(index / 26))
    const many = objects(50, 'InvalidSpec', (index) => `a cause named ${word(index)}`)
    const { problems, more } = pushProblemsOf([...many, ...objects(300, 'NoData', () => 'empty')], [])
    expect([problems.length, more]).toEqual([20, 31])
    expect(problems[0]).toMatchObject({ reason: 'NoData', count: 300, pushSecrets: { length: 20 } })
  })

  it('at two endpoints are two', () => {
    const states = ['a', 'b'].map((name) =>
      storeState('SecretStore', secretStore(name, { status: { conditions: [], endpoint: `${name}.example` } })),
    )
    const at = (name: string) =>
      pushSecretObject(
        pushSecret(`at-${name}`, {
          spec: { secretStoreRef: { name } },
          status: pushStatus('Unavailable', 'no answer'),
        }),
      )
    expect(pushProblemsOf([at('a'), at('b')], states).problems).toHaveLength(2)
    expect(pushProblemsOf([at('a'), at('b')], []).problems).toHaveLength(1)
  })
})

it('touches a PushSecret that changed without its row', () => {
  const [one, other] = [{}, {}]
  const before = new Map([
    ['a', one],
    ['b', one],
    ['c', one],
  ])
  const after = new Map([
    ['a', one],
    ['b', other],
    ['c', other],
  ])
  const row = { id: 'c' } as PushSecretRow
  expect(touchedPushSecrets(before, after, { set: [row], removed: [] })).toEqual(['b'])
  expect(touchedPushSecrets(before, before, undefined)).toEqual([])
})
