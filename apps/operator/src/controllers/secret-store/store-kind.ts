import { parseClusterSecretStore, type ParseResult, parseSecretStore } from '@ack-secret-manager/resources'
import type { StoreResource } from '@ack-secret-manager/stores'

/** Differences between SecretStore and ClusterSecretStore. */
export interface StoreKind {
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  readonly parse: (object: unknown) => ParseResult<StoreResource>
}

/** A store for its own namespace, and for others with cross-namespace references. */
export const SECRET_STORE: StoreKind = {
  kind: 'SecretStore',
  parse: (object) => parseSecretStore(object, { unknownFields: 'ignore' }),
}

/** A cluster-wide store for the namespaces that its conditions admit. */
export const CLUSTER_SECRET_STORE: StoreKind = {
  kind: 'ClusterSecretStore',
  parse: (object) => parseClusterSecretStore(object, { unknownFields: 'ignore' }),
}
