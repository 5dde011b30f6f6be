import { SecretSyncError } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { type ReadSecretKey, StoreRegistry } from '@ack-secret-manager/stores'
import type { FlagValues } from '../flags/flag.ts'
import type { KMS_FLAGS, MANIFEST_FLAGS } from '../flags/shared-flags.ts'
import { type Manifests, needsOwnIdentity } from '../manifests/manifests.ts'
import type { Log } from '../output/log.ts'
import { readClusterSecret } from './cluster.ts'
import { ownIdentity } from './identity.ts'

/** Options of {@link openStores}. */
export interface OpenStoresOptions {
  readonly flags: Omit<FlagValues<typeof KMS_FLAGS & typeof MANIFEST_FLAGS>, 'filename'>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** The manifests as they are at the moment. */
  readonly manifests: () => Manifests
  /** Has the credentials that no manifest has. */
  readonly cluster: KubeClient | undefined
}

/** A registry of stores that takes credentials from the manifests, then from the cluster. @throws InputError | SecretSyncError `InvalidSpec` */
export function openStores({ flags, env, log, manifests, cluster }: OpenStoresOptions): StoreRegistry {
  const identity = ownIdentity(env, needsOwnIdentity(manifests()), log)
  const readSecretKey: ReadSecretKey = async (ref, { signal }) => {
    const secret = manifests().secrets.get(`${ref.namespace}/${ref.name}`)
    const bytes = secret?.get(ref.key)
    if (bytes !== undefined) return bytes.expose()
    if (secret === undefined && cluster !== undefined) return readClusterSecret(cluster, ref, signal)
    throw new SecretSyncError('NotFound', `Secret ${ref.namespace}/${ref.name}: not in the manifests`)
  }
  return new StoreRegistry({
    defaults: {
      region: flags.region,
      ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }),
      ...(identity === undefined ? {} : { identity }),
    },
    readSecretKey,
    allowEndpoints: flags['allow-endpoint'],
    enableCrossNamespaceSecretStore: flags['enable-cross-namespace-secret-store'],
    enableCrossNamespaceAuthRef: flags['enable-cross-namespace-auth-ref'],
  })
}
