import { SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { ROLE_ARN_ANNOTATION } from '@ack-secret-manager/resources'
import type { ReadSecretKey, ReadServiceAccount, StoreRegistryOptions } from '@ack-secret-manager/stores'

interface SecretData {
  readonly data?: Readonly<Record<string, string>>
}

interface TokenResponse {
  readonly status?: { readonly token?: string }
}

/** Requested lifetime in seconds: the default of the API server. */
const TOKEN_LIFETIME_S = 3_600

/** Reads keys of Secrets. One reconcile reads all keys from the same version of a Secret; nothing is cached beyond it. */
export function readSecretKey(client: Pick<KubeClient, 'get'>): ReadSecretKey {
  const byReconcile = new WeakMap<AbortSignal, Map<string, Promise<SecretData>>>()
  return async ({ namespace, name, key }, { signal }) => {
    const path = `/api/v1/namespaces/${namespace}/secrets/${name}`
    const what = `Secret ${namespace}/${name}`
    const requested = byReconcile.get(signal) ?? new Map<string, Promise<SecretData>>()
    const reading =
      requested.get(path) ??
      withCredentialErrors(() => client.get<SecretData>(path, { signal }), what, 'get on secrets')
    byReconcile.set(signal, requested.set(path, reading))
    const secret = await reading
    const value = secret.data && Object.hasOwn(secret.data, key) ? secret.data[key] : undefined
    return value === undefined ? undefined : Buffer.from(value, 'base64')
  }
}

/** Reads the UID and role annotation of a ServiceAccount. */
export function readServiceAccount(client: KubeClient): ReadServiceAccount {
  return async ({ namespace, name }, { signal }) => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`
    const what = `ServiceAccount ${namespace}/${name}`
    const { metadata } = await withCredentialErrors(() => client.get(path, { signal }), what, 'get on serviceaccounts')
    return { uid: metadata.uid ?? '', roleArn: metadata.annotations?.[ROLE_ARN_ANNOTATION] }
  }
}

/** Requests a token of a ServiceAccount from the API server. */
export function requestToken(client: KubeClient): NonNullable<StoreRegistryOptions['requestToken']> {
  return async ({ namespace, name, audiences, signal }) => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`
    const what = `token of ServiceAccount ${namespace}/${name}`
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences, expirationSeconds: TOKEN_LIFETIME_S },
    }
    const response = await withCredentialErrors(
      () => client.create<TokenResponse>(path, body, { signal }),
      what,
      'create on serviceaccounts/token',
    )
    const token = response.status?.token
    if (token === undefined) throw new SecretSyncError('Unavailable', `${what}: the API server returned none`)
    return token
  }
}

/** Maps errors of the API server to errors of the credential. */
async function withCredentialErrors<T>(request: () => Promise<T>, what: string, permission: string): Promise<T> {
  try {
    return await request()
  } catch (error) {
    if (!isKubeApiError(error)) throw error
    if (error.status === 404) throw new SecretSyncError('NotFound', `${what} does not exist`)
    if (error.status === 403) {
      throw new SecretSyncError(
        'Unauthenticated',
        `the operator is not allowed to read ${what}; grant its ServiceAccount ${permission} in this namespace`,
      )
    }
    throw new SecretSyncError('Unavailable', error.message)
  }
}
