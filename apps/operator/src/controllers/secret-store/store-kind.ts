import { parseClusterSecretStore, type ParseResult, parseSecretStore } from '@ack-secret-manager/resources'
import type { StoreResource } from '@ack-secret-manager/stores'

/** Differences between SecretStore and ClusterSecretStore. */
export interface StoreKind {
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  /** Refuses a field of a newer version, because it may limit who may use the store. */
  readonly parse: (object: unknown) => ParseResult<StoreResource>
}

/** A store for its own namespace, and for others with cross-namespace references. */
export const SECRET_STORE: StoreKind = {
  kind: 'SecretStore',
  parse: (object) => parseSecretStore(object),
}

/** A cluster-wide store for the namespaces that its conditions admit. */
export const CLUSTER_SECRET_STORE: StoreKind = {
  kind: 'ClusterSecretStore',
  parse: (object) => parseClusterSecretStore(object),
}
