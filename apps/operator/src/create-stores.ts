import { SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { ownIdentityFromEnvironment, type ReadSecretKey, StoreRegistry } from '@ack-secret-manager/stores'
import type { OperatorConfig } from './config/operator-config.ts'

/**
 * The registry of stores, with the operator's own identity if its environment configures one.
 * @throws SecretSyncError `InvalidSpec` | `Unauthenticated` for an environment that contradicts itself
 */
export function createStores(
  config: OperatorConfig,
  client: KubeClient,
  env: Readonly<Record<string, string | undefined>>,
): StoreRegistry {
  const identity = ownIdentityFromEnvironment(env)
  return new StoreRegistry({
    defaults: {
      region: config.region,
      ...(config.kmsEndpoint === undefined ? {} : { endpoint: config.kmsEndpoint }),
      ...(identity ? { identity } : {}),
    },
    readSecretKey: readSecretKey(client),
    allowEndpoints: config.allowEndpoints,
    enableCrossNamespaceSecretStore: config.crossNamespaceSecretStore,
    enableCrossNamespaceAuthRef: config.crossNamespaceAuthRef,
  })
}

/** Reads single keys of Secrets from the API server; nothing is kept. */
function readSecretKey(client: KubeClient): ReadSecretKey {
  return async ({ namespace, name, key }, { signal }) => {
    const secret = await readSecret(client, namespace, name, signal)
    const value = secret.data && Object.hasOwn(secret.data, key) ? secret.data[key] : undefined
    if (value === undefined) {
      throw new SecretSyncError('NotFound', `Secret ${namespace}/${name} has no key ${JSON.stringify(key)}`)
    }
    return Buffer.from(value, 'base64')
  }
}

interface SecretData {
  readonly data?: Readonly<Record<string, string>>
}

async function readSecret(
  client: KubeClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<SecretData> {
  try {
    return await client.get<SecretData>(`/api/v1/namespaces/${namespace}/secrets/${name}`, { signal })
  } catch (error) {
    if (!isKubeApiError(error)) throw error
    if (error.status === 404) throw new SecretSyncError('NotFound', `Secret ${namespace}/${name} does not exist`)
    if (error.status === 403) {
      throw new SecretSyncError(
        'Unauthenticated',
        `the operator may not read Secret ${namespace}/${name}; give its ServiceAccount the verb get on secrets there`,
      )
    }
    throw new SecretSyncError('Unavailable', error.message)
  }
}
