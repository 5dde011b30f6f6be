const ignore = (): undefined => undefined

/** Options of a controller under test whose reports are ignored. */
const SILENT = { random: () => 0.5, events: { record: ignore }, onError: ignore, onFault: ignore }

/** Options of a ClusterExternalSecretController for all namespaces. */
export const CLUSTER_EXTERNAL_SECRET_OPTIONS = {
  ...SILENT,
  filter: { watch: [], exclude: [] },
  onOperation: ignore,
  onReport: ignore,
}

/** Options of a SecretStoreController for all namespaces, without ClusterSecretStores. */
export const SECRET_STORE_OPTIONS = {
  ...SILENT,
  namespaces: { watch: [], exclude: [] },
  crossNamespace: false,
  clusterStores: false,
  onStoreChange: ignore,
  isTerminating: () => false,
}
