import type { StoreRef } from '@ack-secret-manager/resources'
import type { SyncResource } from '@ack-secret-manager/sync-engine'
import type { StoreName } from './cached-store.ts'

function storeRefs({ spec }: SyncResource): readonly StoreRef[] {
  if (!spec.ok) return []
  const { data, dataProcess } = spec.value
  return [...data, ...dataProcess.map(({ extract }) => extract)].flatMap(({ secretStoreRef }) => secretStoreRef ?? [])
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
