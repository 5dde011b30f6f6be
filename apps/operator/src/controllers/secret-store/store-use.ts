import { type StoreRef, storeRefsOf } from '@ack-secret-manager/resources'
import type { SyncResource } from '@ack-secret-manager/sync-engine'
import type { StoreName } from './cached-store.ts'

function storeRefs({ spec }: SyncResource): readonly StoreRef[] {
  return spec.ok ? storeRefsOf(spec.value).filter((ref) => ref !== undefined) : []
}

/** Whether a resource reads through a store; the namespace of a ClusterSecretStore is empty. */
export function usesStore(resource: SyncResource, store: StoreName): boolean {
  return storeRefs(resource).some(({ kind, name, namespace = resource.namespace }) =>
    kind === 'ClusterSecretStore'
      ? store.namespace === '' && name === store.name
      : namespace === store.namespace && name === store.name,
  )
}

/** Whether a resource reads through any ClusterSecretStore. */
export function usesClusterStore(resource: SyncResource): boolean {
  return storeRefs(resource).some(({ kind }) => kind === 'ClusterSecretStore')
}
