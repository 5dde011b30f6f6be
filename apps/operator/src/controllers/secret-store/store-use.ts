import { namespaceMatcher, type StoreRef, storeRefsOf } from '@ack-secret-manager/resources'
import type { SyncResource } from '@ack-secret-manager/sync-engine'
import type { Namespace } from '../shared/namespaces.ts'
import type { CachedStore, StoreName } from './cached-store.ts'

/** The stores that a resource reads through; none with an invalid spec. */
export function storeRefs({ spec }: SyncResource): readonly StoreRef[] {
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

/** Whether a change of labels gives a namespace access to a store, or takes it. */
export function changesAdmission(
  store: CachedStore | undefined,
  namespace: string,
  before: Namespace | undefined,
  now: Namespace | undefined,
): boolean {
  const conditions = store?.parsed.ok === true ? store.parsed.resource.spec.conditions : undefined
  if (conditions === undefined) return false
  const { matches } = namespaceMatcher(conditions)
  return matches(namespace, () => before?.labels) !== matches(namespace, () => now?.labels)
}
