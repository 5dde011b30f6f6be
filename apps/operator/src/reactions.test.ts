import type { SyncResource } from '@ack-secret-manager/sync-engine'
import { describe, expect, it, vi } from 'vitest'
import { toSyncResource } from './controllers/external-secret/to-sync-resource.ts'
import { toCachedStore } from './controllers/secret-store/cached-store.ts'
import { CLUSTER_SECRET_STORE, SECRET_STORE } from './controllers/secret-store/store-kind.ts'
import type { Namespace } from './controllers/shared/namespaces.ts'
import { type ReactingParts, Reactions } from './reactions.ts'

interface Ref {
  readonly name: string
  readonly kind?: 'ClusterSecretStore'
  readonly namespace?: string
}

const resource = (name: string, namespace: string, spec: object): SyncResource =>
  toSyncResource({ metadata: { namespace, name, uid: name, generation: 1 }, spec })

/** Reads the secret `db` through a store. */
const reader = (name: string, namespace: string, secretStoreRef: Ref): SyncResource =>
  resource(name, namespace, { data: [{ key: 'db', name: 'k', secretStoreRef }] })

const stsToken = { roleArn: 'acs:ram::1234567890123456:role/upload', secretStoreRef: { name: 'kms' } }

const RESOURCES = [
  reader('shared', 'app', { name: 'kms', kind: 'ClusterSecretStore' }),
  reader('own', 'app', { name: 'kms' }),
  resource('token', 'app', { generate: [{ name: 'session', stsToken }] }),
  reader('lent', 'app', { name: 'kms', namespace: 'platform' }),
  reader('by-name', 'app', { name: 'names' }),
  reader('every', 'app', { name: 'every' }),
  reader('open', 'app', { name: 'open', kind: 'ClusterSecretStore' }),
  reader('unknown', 'app', { name: 'unknown' }),
  reader('shared-elsewhere', 'dev', { name: 'kms', kind: 'ClusterSecretStore' }),
  reader('lent-elsewhere', 'dev', { name: 'kms', namespace: 'app' }),
]
const IN_APP = RESOURCES.filter(({ namespace }) => namespace === 'app').map(({ name }) => name)
const BY_LABEL = ['shared', 'own', 'token']

const byLabel = [{ namespaces: ['x'] }, { namespaceSelector: { matchLabels: { team: 'a' } } }]
const isUnlabelled = [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] } }]
const STORES = new Map(
  Object.entries({
    '/kms': byLabel,
    'app/kms': byLabel,
    'platform/kms': isUnlabelled,
    'app/names': [{ namespaces: ['app'] }, ...byLabel],
    'app/every': [{ namespaceSelector: {} }],
    '/open': undefined,
  }).map(([key, conditions]) => {
    const [namespace = '', name = ''] = key.split('/')
    const kind = namespace === '' ? CLUSTER_SECRET_STORE : SECRET_STORE
    return [key, toCachedStore(kind, { metadata: { namespace, name }, spec: { KMS: {}, conditions } })]
  }),
)

/** `woken` holds the resources that are reconciled again. */
function connected({ hasSynced = true } = {}) {
  const woken: string[] = []
  const engine = {
    storesChanged: (isConcerned: (resource: SyncResource) => boolean) =>
      void woken.push(...RESOURCES.filter(isConcerned).map(({ name }) => name)),
    templatesChanged: vi.fn<ReactingParts['engine']['templatesChanged']>(),
    targetsChanged: vi.fn<ReactingParts['engine']['targetsChanged']>(),
  }
  const stores = {
    get: (key: string) => STORES.get(key),
    recheck: vi.fn<ReactingParts['stores']['recheck']>(),
    reachabilityChanged: vi.fn<ReactingParts['stores']['reachabilityChanged']>(),
  }
  const registry = { storesAt: (connection: string) => [{ namespace: 'app', name: connection }] }
  const clusterExternalSecrets = {
    namespaceChanged: vi.fn<NonNullable<ReactingParts['clusterExternalSecrets']>['namespaceChanged']>(),
  }
  const pushSecrets = { namespaceChanged: vi.fn<NonNullable<ReactingParts['pushSecrets']>['namespaceChanged']>() }
  const reactions = new Reactions()
  reactions.connect({ engine, registry, stores, namespaceCache: { hasSynced }, clusterExternalSecrets, pushSecrets })
  return { reactions, woken, engine, stores, clusterExternalSecrets, pushSecrets }
}

const unlabelled: Namespace = { labels: {}, terminating: false }
const labelled = (team: string, terminating = false): Namespace => ({ labels: { team }, terminating })

describe('a change of a namespace', () => {
  it.each<[string, boolean, Namespace | undefined, Namespace | undefined, string[]]>([
    ['a label that stores select: their readers', true, unlabelled, labelled('a'), [...BY_LABEL, 'lent']],
    ['another label than the selected one', true, labelled('a'), labelled('b'), BY_LABEL],
    ['two labels that select nothing: none', true, labelled('b'), labelled('c'), []],
    ['a label that no store selects: none', true, labelled('a'), { ...unlabelled, labels: { team: 'a', x: '' } }, []],
    ['created: all its resources', true, undefined, labelled('b'), IN_APP],
    ['recreated between two events: all its resources', true, labelled('b', true), labelled('b'), IN_APP],
    ['created, but being deleted already', true, undefined, labelled('b', true), []],
    ['deleted', true, labelled('a'), undefined, BY_LABEL],
    ['deleted without labels', true, unlabelled, undefined, ['lent']],
    ['equal labels: none', true, labelled('a'), labelled('a', true), []],
    ['in the initial list: none', false, undefined, labelled('a'), []],
  ])('%s', (_what, hasSynced, before, now, expected) => {
    const { reactions, woken, clusterExternalSecrets } = connected({ hasSynced })
    reactions.onNamespaceChange('app', before, now)
    expect(woken).toEqual(expected)
    expect(clusterExternalSecrets.namespaceChanged).toHaveBeenCalledExactlyOnceWith('app', before, now)
  })
})

it.each<[string, boolean, Ref]>([
  ['of a store that selects by the label', true, { name: 'kms' }],
  ['of another store', false, { name: 'names' }],
])('a changed label concerns PushSecrets: %s', (_what, expected, ref) => {
  const { reactions, pushSecrets } = connected()
  reactions.onNamespaceChange('app', labelled('a'), labelled('b'))
  expect(pushSecrets.namespaceChanged).toHaveBeenCalledExactlyOnceWith('app', expect.any(Function))
  expect(pushSecrets.namespaceChanged.mock.calls[0]?.[1]({ kind: 'SecretStore', ...ref })).toBe(expected)
})

it('a free endpoint slot concerns the resources of its namespace', () => {
  const { reactions, woken } = connected()
  reactions.onEndpointSlotFree('app')
  expect(woken).toEqual(IN_APP)
})

it.each([
  ['of the secret that they read', 'app', 'db', ['own']],
  ['of another secret', 'app', 'other', []],
  ['of another namespace', 'prod', 'db', []],
])('a share concerns its readers: %s', (_what, namespace, secret, expected) => {
  const { reactions, woken } = connected()
  reactions.onShareChange({ store: 'SecretStore app/kms', namespace, secrets: new Set([secret]) })
  expect(woken).toEqual(expected)
})

it('passes other changes on', () => {
  const { reactions, engine, stores } = connected()
  const rechecked = [{ namespace: 'app', name: 'kms' }]
  reactions.onTemplatesChange(['app/a'])
  reactions.onTargetsChange(['app/b'])
  reactions.onRecheck(rechecked, 'refused')
  reactions.onReachability('kst-a')
  expect(engine.templatesChanged).toHaveBeenCalledExactlyOnceWith(['app/a'])
  expect(engine.targetsChanged).toHaveBeenCalledExactlyOnceWith(['app/b'])
  expect(stores.recheck).toHaveBeenCalledExactlyOnceWith(rechecked, 'refused')
  expect(stores.reachabilityChanged).toHaveBeenCalledExactlyOnceWith([{ namespace: 'app', name: 'kst-a' }])
})

it('rejects changes before it is connected', () =>
  expect(() => new Reactions().onTemplatesChange([])).toThrowError(/before it was started/))
