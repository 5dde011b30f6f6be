import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { describe, expect, it } from 'vitest'
import { condition, deployment, externalSecret, secretStore, statusOf, TIME } from '../testing/objects.ts'
import { clusterExternalSecretRow, resourcesByCreator } from './cluster-external-secret-row.ts'
import { clusterExternalSecretObject, resourceObject, storeObject, workloadObject } from './objects.ts'
import { countsOf, resourceRow, shortened } from './resource-row.ts'
import { rowChanges } from './row-changes.ts'
import { storeRow, usersByStore } from './store-row.ts'
import { touchedResources } from './touched.ts'
import type { ResourceRow } from './views/resource-row.ts'

const row = (object: KubeObject): ResourceRow => resourceRow(resourceObject(object))

describe('an ExternalSecret in the table', () => {
  it.each<[what: string, object: KubeObject, row: Partial<ResourceRow>]>([
    ['without a status', externalSecret('web'), { state: 'pending', reason: '', message: '', secret: 'web' }],
    [
      'that is Ready',
      externalSecret('web', { status: statusOf('Synced', '1 key up to date', { keyCount: 1 }) }),
      { state: 'ready', reason: 'Synced', keyCount: 1, changedAt: TIME, since: TIME },
    ],
    [
      'with a key that is renewed before KMS rotates a secret',
      externalSecret('web', {
        status: statusOf('Synced', '', {
          secrets: [{ key: 'db', rotation: { automatic: true, nextTime: '2027-01-02T00:00:00Z' } }],
          generated: [{ name: 'password', generatedTime: TIME, renewalTime: '2027-01-01T00:00:00Z' }],
        }),
      }),
      { nextRotation: '2027-01-01T00:00:00Z' },
    ],
    [
      'that keeps its last values',
      externalSecret('web', { status: statusOf('Stale', '', { keyCount: 1 }) }),
      { state: 'degraded' },
    ],
    [
      'that was never written',
      externalSecret('web', { status: statusOf('AccessDenied', 'AccessDenied: no') }),
      { state: 'failing', reason: 'AccessDenied', message: 'no' },
    ],
    [
      'that is suspended',
      externalSecret('web', { status: statusOf('Suspended', '', { keyCount: 1 }) }),
      { state: 'suspended' },
    ],
    [
      'with an invalid spec',
      externalSecret('web', { spec: { data: 7 }, status: statusOf('InvalidSpec') }),
      { state: 'failing', stores: [], secret: 'web' },
    ],
    [
      'with another name of its Secret',
      externalSecret('web', { spec: { target: { name: 'other' } } }),
      { secret: 'other', stores: ['SecretStore shop/kms'] },
    ],
    [
      'that a newer spec waits for',
      externalSecret('web', { metadata: { generation: 2 }, status: statusOf('Synced', '', { observedGeneration: 1 }) }),
      { isOutdated: true },
    ],
    ['that is being deleted', externalSecret('web', { metadata: { deletionTimestamp: TIME } }), { isDeleting: true }],
    [
      'with a request that is handled',
      externalSecret('web', {
        metadata: { annotations: { 'alibabacloud.com/refresh-now': 'now' } },
        status: statusOf('Synced', '', { lastHandledRefresh: 'now' }),
      }),
      { isRefreshing: false },
    ],
    [
      'with a request that waits',
      externalSecret('web', {
        metadata: { annotations: { 'alibabacloud.com/refresh-now': 'now' } },
        status: statusOf('Synced'),
      }),
      { isRefreshing: true },
    ],
    [
      'with a request that waits for the end of its suspension',
      externalSecret('web', {
        metadata: { annotations: { 'alibabacloud.com/refresh-now': 'now' } },
        spec: { suspend: true },
      }),
      { isRefreshing: false },
    ],
    [
      'of a ClusterExternalSecret',
      externalSecret('web', {
        metadata: { ownerReferences: [{ kind: 'ClusterExternalSecret', name: 'all', apiVersion: 'v', uid: 'u' }] },
      }),
      { createdBy: 'all' },
    ],
    [
      'with two rotations',
      externalSecret('web', {
        status: statusOf('Synced', '', {
          secrets: [
            { key: 'b', rotation: { automatic: true, nextTime: '2027-02-01T00:00:00Z' } },
            { key: 'a', rotation: { automatic: true, nextTime: '2027-01-01T00:00:00Z' } },
          ],
        }),
      }),
      { nextRotation: '2027-01-01T00:00:00Z' },
    ],
    [
      'with markup and other scripts',
      externalSecret('web', { status: statusOf('<b>', '<img src=x onerror=alert(1)> \u202eمرحبا') }),
      { reason: '<b>', message: '<img src=x onerror=alert(1)> \u202eمرحبا' },
    ],
    ['with a name of 253 characters', externalSecret('x'.repeat(253)), { key: `shop/${'x'.repeat(253)}` }],
    [
      'with a status that is none',
      { metadata: { namespace: 'shop', name: 'web' }, spec: null, status: 'x' },
      { state: 'pending', stores: [] },
    ],
  ])('%s', (_what, object, expected) => expect(row(object)).toMatchObject(expected))

  it('has a short message, cut between characters', () => {
    const { message } = row(externalSecret('web', { status: statusOf('Stale', '😀'.repeat(500)) }))
    expect(message.length).toBeLessThanOrEqual(200)
    expect(message).toMatch(/^(?:😀)+…$/u)
    expect(shortened('abc', 3)).toBe('abc')
  })

  it('keeps nothing of the metadata but what is shown', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'large' }
    const { metadata } = resourceObject(externalSecret('web', { metadata: { annotations, managedFields: [{}] } }))
    expect(metadata).toEqual({ namespace: 'shop', name: 'web', uid: 'uid-web' })
  })

  it('counts', () => {
    const rows = ['Synced', 'Stale', 'Suspended'].map((reason) =>
      row(externalSecret('a', { status: statusOf(reason) })),
    )
    expect(countsOf([...rows, row(externalSecret('b'))])).toEqual({
      total: 4,
      ready: 1,
      degraded: 0,
      failing: 1,
      pending: 1,
      suspended: 1,
    })
  })
})

describe('a store in the table', () => {
  const ready = condition('Ready', 'True', 'Valid')
  const down = condition('Reachable', 'False', 'Unreachable', 'no route', '2026-11-29T04:00:00Z')

  it.each<[what: string, object: KubeObject, row: object]>([
    [
      'without a status',
      secretStore('kms'),
      { state: 'pending', reason: '', message: 'the operator has not reported on it yet' },
    ],
    [
      'that works',
      secretStore('kms', {
        status: {
          conditions: [ready],
          endpoint: 'kms.example',
          provider: 'KMS',
          identity: { principal: 'acs:ram::1:role/r', account: '1' },
        },
      }),
      {
        state: 'ready',
        message: '',
        endpoint: 'kms.example',
        provider: 'KMS',
        principal: 'acs:ram::1:role/r',
        account: '1',
        since: TIME,
      },
    ],
    [
      'that does not',
      secretStore('kms', {
        status: {
          conditions: [
            condition('Ready', 'False', 'AuthenticationFailed', 'SecretStore shop/kms: AuthenticationFailed: no key'),
          ],
        },
      }),
      { state: 'failing', reason: 'AuthenticationFailed', message: 'no key' },
    ],
    [
      'that is unreachable',
      secretStore('kms', {
        status: {
          conditions: [ready, down],
          outage: { endpoint: 'kms.example', since: '2026-11-29T03:59:00Z', lastResponse: '2026-11-29T03:58:00Z' },
        },
      }),
      {
        state: 'unreachable',
        reason: 'Unreachable',
        message: 'no route',
        since: '2026-11-29T03:59:00Z',
        lastResponse: '2026-11-29T03:58:00Z',
      },
    ],
    [
      'with nothing valid',
      { metadata: { namespace: 'shop', name: 'kms' }, spec: 1, status: [] },
      { state: 'pending', admission: { conditions: [], allow: [] } },
    ],
  ])('%s', (_what, object, expected) =>
    expect(storeRow(storeObject('SecretStore', object), [])).toMatchObject(expected),
  )

  it('says who may use it', () => {
    const spec = {
      KMS: {},
      conditions: [
        { namespaces: ['a'] },
        { namespaceRegexes: ['team-.*'] },
        {
          namespaceSelector: {
            matchLabels: { team: 'x' },
            matchExpressions: [
              { key: 'env', operator: 'In', values: ['p', 'q'] },
              { key: 'old', operator: 'DoesNotExist' },
            ],
          },
        },
        { namespaceSelector: {} },
      ],
      allow: [{ namespaces: ['a'], secrets: ['app/*'] }],
      maxSecretsPerNamespace: 5,
    }
    expect(storeObject('SecretStore', secretStore('kms', { spec })).admission).toEqual({
      conditions: [
        { namespaces: ['a'], regexes: [], labels: '' },
        { namespaces: [], regexes: ['team-.*'], labels: '' },
        { namespaces: [], regexes: [], labels: 'team=x,env in (p,q),!old' },
        { namespaces: [], regexes: [], labels: '*' },
      ],
      allow: [{ namespaces: ['a'], secrets: ['app/*'], endpoints: [] }],
      maxSecretsPerNamespace: 5,
    })
  })

  it('has the last refusal and the number of its users', () => {
    const failed = (name: string, reason: string, since: string) =>
      resourceObject(
        externalSecret(name, {
          status: { conditions: [condition('Ready', 'False', reason, `${reason}: why`, since)] },
        }),
      )
    const all = [
      failed('a', 'AccessDenied', '2026-11-29T01:00:00Z'),
      failed('b', 'StoreNotAllowed', '2026-11-29T02:00:00Z'),
      failed('c', 'Stale', '2026-11-29T03:00:00Z'),
    ]
    const users = usersByStore(all).get('SecretStore shop/kms') ?? []
    expect(storeRow(storeObject('SecretStore', secretStore('kms')), users)).toMatchObject({
      users: { total: 3, failing: 3 },
      lastRefusal: { time: '2026-11-29T02:00:00Z', reason: 'StoreNotAllowed', message: 'why', resource: 'shop/b' },
    })
  })
})

describe('a ClusterExternalSecret in the table', () => {
  it.each<[what: string, object: KubeObject, row: object]>([
    [
      'without a status',
      { metadata: { name: 'all' } },
      { state: 'pending', externalSecretName: 'all', isSuspended: false },
    ],
    [
      'with failures',
      {
        metadata: { name: 'all' },
        spec: { externalSecretName: 'web', externalSecretSpec: { suspend: true } },
        status: {
          conditions: [condition('Ready', 'False', 'Failed', 'Failed: 1')],
          provisionedNamespaces: ['a'],
          failedNamespaces: [{ namespace: 'b', reason: 'taken' }, { namespace: 'c' }],
        },
      },
      {
        state: 'failing',
        reason: 'Failed',
        message: '1',
        since: TIME,
        externalSecretName: 'web',
        isSuspended: true,
        provisioned: ['a'],
        failed: [
          { namespace: 'b', reason: 'taken' },
          { namespace: 'c', reason: '' },
        ],
      },
    ],
    [
      'with nothing valid',
      { metadata: { name: 'all' }, spec: 'x', status: { conditions: [null] } },
      { state: 'pending' },
    ],
  ])('%s', (_what, object, expected) =>
    expect(clusterExternalSecretRow(clusterExternalSecretObject(object), [])).toMatchObject(expected),
  )

  it('has its ExternalSecrets', () => {
    const ownerReferences = [{ kind: 'ClusterExternalSecret', name: 'all', apiVersion: 'v', uid: 'u' }]
    const created = resourcesByCreator([
      resourceObject(externalSecret('a', { metadata: { ownerReferences } })),
      resourceObject(externalSecret('b')),
    ])
    expect([...created].map(([name, of]) => [name, of.map((each) => each.name)])).toEqual([['all', ['a']]])
  })
})

describe('a workload', () => {
  it('has its uses, its readiness and its restarts', () => {
    const metadata = { annotations: { 'alibabacloud.com/restarted-for': '{"web":"change"}' } }
    const template = {
      metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': TIME } },
      spec: { containers: [{ envFrom: [{ secretRef: { name: 'web' } }] }] },
    }
    const raw = deployment('api', 'web', { metadata, spec: { template }, status: { readyReplicas: 1 } })
    expect(workloadObject('Deployment', raw)).toEqual({
      kind: 'Deployment',
      namespace: 'shop',
      name: 'api',
      uses: [{ secret: 'web', how: 'envFrom' }],
      ready: '1/2 ready',
      restartedFor: ['web'],
      restartedAt: TIME,
    })
  })

  it.each([
    ['of no known kind', 'Pod2', deployment('api', 'web')],
    ['without a Secret', 'Deployment', { metadata: { name: 'a' }, spec: { template: { spec: { containers: [] } } } }],
    ['without a template', 'CronJob', { metadata: { name: 'a' } }],
  ])('%s is not kept', (_what, kind, raw) => expect(workloadObject(kind, raw)).toBeUndefined())

  it('ignores an annotation that is none', () => {
    const metadata = { annotations: { 'alibabacloud.com/restarted-for': '{' } }
    expect(workloadObject('Deployment', deployment('api', 'web', { metadata }))?.restartedFor).toEqual([])
  })
})

describe('the changes of rows', () => {
  const a = { id: 'a', deep: [1] }
  const before = new Map([
    ['a', a],
    ['b', { id: 'b', deep: [] }],
  ])

  it.each<[what: string, after: ReadonlyMap<string, { id: string; deep: number[] }>, changes: object | undefined]>([
    ['nothing', new Map(before), undefined],
    ['equal rows', new Map([...before].map(([key, each]) => [key, structuredClone(each)])), undefined],
    [
      'a changed row',
      new Map([...before, ['a', { id: 'a', deep: [2] }]]),
      { set: [{ id: 'a', deep: [2] }], removed: [] },
    ],
    ['a new row', new Map([...before, ['c', a]]), { set: [a], removed: [] }],
    ['a removed row', new Map([['a', a]]), { set: [], removed: ['b'] }],
  ])('for %s', (_what, after, changes) => expect(rowChanges(before, after)).toEqual(changes))
})

describe('the details that a workload changes', () => {
  const used = (name: string, secret: string) => workloadObject('Deployment', deployment(name, secret)) ?? []
  const [api, other] = [used('api', 'web'), used('other', 'else')].flat()
  const rows = ['web', 'db'].map((name) => row(externalSecret(name)))
  const all = [api, other].filter((each) => each !== undefined)

  it.each([
    ['nothing', all, all, []],
    ['a new one', [], all, ['shop/web']],
    ['a removed one', all, all.slice(1), ['shop/web']],
    ['a changed one', all, [...all.slice(1), ...[used('api', 'web')].flat()], ['shop/web']],
    ['one of another Secret', all, all.slice(0, 1), []],
  ])('for %s', (_what, before, after, keys) => expect(touchedResources(before, after, rows)).toEqual(keys))
})
