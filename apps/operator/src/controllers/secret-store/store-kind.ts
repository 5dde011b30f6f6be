import { parseClusterSecretStore, parseSecretStore, type ParseResult } from '@ack-secret-manager/resources'
import type { StoreResource } from '@ack-secret-manager/stores'

/** What sets the two kinds of stores apart. */
export interface StoreKind {
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  readonly plural: string
  readonly parse: (object: unknown) => ParseResult<StoreResource>
}

/** A store that the namespaces of its own choice may use. */
export const SECRET_STORE: StoreKind = {
  kind: 'SecretStore',
  plural: 'secretstores',
  parse: (object) => parseSecretStore(object, { unknownFields: 'ignore' }),
}

/** A store for the namespaces that it admits. */
export const CLUSTER_SECRET_STORE: StoreKind = {
  kind: 'ClusterSecretStore',
  plural: 'clustersecretstores',
  parse: (object) => parseClusterSecretStore(object, { unknownFields: 'ignore' }),
}
