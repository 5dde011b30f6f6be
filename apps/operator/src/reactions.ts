import type { StoreRef } from '@ack-secret-manager/resources'
import {
  isConcernedBy,
  type RecheckReason,
  type ShareChange,
  storeKeyOf,
  type StoreRegistry,
} from '@ack-secret-manager/stores'
import { demandOf, type SyncEngine, type SyncResource } from '@ack-secret-manager/sync-engine'
import type { StoreName } from './controllers/secret-store/cached-store.ts'
import { changesAdmission, storeRefs } from './controllers/secret-store/store-use.ts'
import type { SecretStoreController } from './controllers/secret-store/secret-store-controller.ts'
import type { Namespace, Namespaces } from './controllers/shared/namespaces.ts'
import type { PushSecretController } from './controllers/push-secret/push-secret-controller.ts'
import type { ClusterExternalSecretController } from './controllers/cluster-external-secret/cluster-external-secret-controller.ts'

/** The parts that react to changes in others. */
export interface ReactingParts {
  readonly engine: Pick<SyncEngine, 'storesChanged' | 'templatesChanged' | 'targetsChanged'>
  readonly registry: Pick<StoreRegistry, 'storesAt'>
  readonly stores: Pick<SecretStoreController, 'get' | 'recheck' | 'reachabilityChanged'>
  readonly namespaceCache: Pick<Namespaces, 'hasSynced'>
  readonly clusterExternalSecrets: Pick<ClusterExternalSecretController, 'namespaceChanged'> | undefined
  readonly pushSecrets: Pick<PushSecretController, 'namespaceChanged'> | undefined
}

/** Passes changes in one part on to parts that are created later. Connect it before any part runs. */
export class Reactions {
  #connected: ReactingParts | undefined

  connect(parts: ReactingParts): void {
    this.#connected = parts
  }

  readonly onNamespaceChange = (name: string, before: Namespace | undefined, now: Namespace | undefined): void => {
    const { engine, stores, namespaceCache, clusterExternalSecrets, pushSecrets } = this.#parts
    clusterExternalSecrets?.namespaceChanged(name, before, now)
    // Resources of the initial list have not been reconciled yet.
    if (!namespaceCache.hasSynced) return
    // A reconcile reads KMS, so only resources whose access to a store changes are reconciled.
    const known = new Map<string, boolean>()
    const isConcerned = (ref: StoreRef): boolean => {
      const key = storeKeyOf(ref, name)
      const isChanged = known.get(key) ?? changesAdmission(stores.get(key), name, before, now)
      known.set(key, isChanged)
      return isChanged
    }
    // Resources of a recreated namespace have not been synced while the cache had the former one.
    const isNew = now?.terminating === false && before?.terminating !== false
    engine.storesChanged((resource) => resource.namespace === name && (isNew || storeRefs(resource).some(isConcerned)))
    pushSecrets?.namespaceChanged(name, isConcerned)
  }

  readonly onRecheck = (stores: readonly StoreName[], reason: RecheckReason): void =>
    this.#parts.stores.recheck(stores, reason)

  readonly onEndpointSlotFree = (namespace: string): void =>
    this.#parts.engine.storesChanged((resource) => resource.namespace === namespace)

  readonly onShareChange = (change: ShareChange): void =>
    this.#parts.engine.storesChanged((resource) => isInShare(resource, change))

  readonly onTemplatesChange = (resources: readonly string[]): void => this.#parts.engine.templatesChanged(resources)

  readonly onTargetsChange = (resources: readonly string[]): void => this.#parts.engine.targetsChanged(resources)

  readonly onReachability = (connection: string): void => {
    const { stores, registry } = this.#parts
    stores.reachabilityChanged(registry.storesAt(connection))
  }

  get #parts(): ReactingParts {
    if (this.#connected === undefined) throw new Error('a part of the operator reported a change before it was started')
    return this.#connected
  }
}

/** Compares the namespace first, because computing the demand of a resource is slower. */
function isInShare(resource: SyncResource, change: ShareChange): boolean {
  return resource.namespace === change.namespace && isConcernedBy(change, demandOf(resource))
}
