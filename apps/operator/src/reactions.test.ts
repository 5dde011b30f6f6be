import type { SyncResource } from '@ack-secret-manager/sync-engine'
import { describe, expect, it, vi } from 'vitest'
import { toSyncResource } from './controllers/external-secret/to-sync-resource.ts'
import type { Namespace } from './controllers/shared/namespaces.ts'
import { type ReactingParts, Reactions } from './reactions.ts'

/** Reads the secret `db` through a store. */
function reader(name: string, namespace: string, kind: 'SecretStore' | 'ClusterSecretStore'): SyncResource {
  const data = [{ key: 'db', name: 'k', secretStoreRef: { name: 'kms', kind } }]
  return toSyncResource({ metadata: { namespace, name, uid: name, generation: 1 }, spec: { data } })
}

const RESOURCES = [
  reader('shared', 'app', 'ClusterSecretStore'),
  reader('own', 'app', 'SecretStore'),
  reader('elsewhere', 'dev', 'ClusterSecretStore'),
]

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

const labelled = (team: string, terminating = false): Namespace => ({ labels: { team }, terminating })

describe('a change of a namespace', () => {
  it.each<[string, boolean, Namespace | undefined, Namespace | undefined, string[]]>([
    ['other labels: its readers of ClusterSecretStores', true, labelled('a'), labelled('b'), ['shared']],
    ['created', true, undefined, labelled('a'), ['shared']],
    ['deleted', true, labelled('a'), undefined, ['shared']],
    ['equal labels: none', true, labelled('a'), labelled('a', true), []],
    ['in the initial list: none', false, undefined, labelled('a'), []],
  ])('%s', (_what, hasSynced, before, now, expected) => {
    const { reactions, woken, clusterExternalSecrets } = connected({ hasSynced })
    reactions.onNamespaceChange('app', before, now)
    expect(woken).toEqual(expected)
    expect(clusterExternalSecrets.namespaceChanged).toHaveBeenCalledExactlyOnceWith('app', before, now)
  })
})

it('a free endpoint slot concerns the resources of its namespace', () => {
  const { reactions, woken } = connected()
  reactions.onEndpointSlotFree('app')
  expect(woken).toEqual(['shared', 'own'])
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
