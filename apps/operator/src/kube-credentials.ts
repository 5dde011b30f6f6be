import { SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { ROLE_ARN_ANNOTATION } from '@ack-secret-manager/resources'
import type { ReadSecretKey, ReadServiceAccount, StoreRegistryOptions } from '@ack-secret-manager/stores'

interface SecretData {
  readonly data?: Readonly<Record<string, string>>
}

interface TokenAnswer {
  readonly status?: { readonly token?: string }
}

/** Seconds; the API server gives no shorter ones. */
const TOKEN_LIFETIME_S = 3_600

/** Reads keys of Secrets from the API server. What one look asks for comes from one version of a Secret; nothing outlives the look. */
export function readSecretKey(client: Pick<KubeClient, 'get'>): ReadSecretKey {
  const looks = new WeakMap<AbortSignal, Map<string, Promise<SecretData>>>()
  return async ({ namespace, name, key }, { signal }) => {
    const path = `/api/v1/namespaces/${namespace}/secrets/${name}`
    const what = `Secret ${namespace}/${name}`
    const seen = looks.get(signal) ?? new Map<string, Promise<SecretData>>()
    const reading = seen.get(path) ?? asking(() => client.get<SecretData>(path, { signal }), what, 'get on secrets')
    looks.set(signal, seen.set(path, reading))
    const secret = await reading
    const value = secret.data && Object.hasOwn(secret.data, key) ? secret.data[key] : undefined
    return value === undefined ? undefined : Buffer.from(value, 'base64')
  }
}

/** Looks ServiceAccounts up. */
export function readServiceAccount(client: KubeClient): ReadServiceAccount {
  return async ({ namespace, name }, { signal }) => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`
    const what = `ServiceAccount ${namespace}/${name}`
    const { metadata } = await asking(() => client.get(path, { signal }), what, 'get on serviceaccounts')
    return { uid: metadata.uid ?? '', roleArn: metadata.annotations?.[ROLE_ARN_ANNOTATION] }
  }
}

/** Asks the API server for a token of a ServiceAccount. */
export function requestToken(client: KubeClient): NonNullable<StoreRegistryOptions['requestToken']> {
  return async ({ namespace, name, audiences, signal }) => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`
    const what = `token of ServiceAccount ${namespace}/${name}`
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences, expirationSeconds: TOKEN_LIFETIME_S },
    }
    const answer = await asking(
      () => client.create<TokenAnswer>(path, body, { signal }),
      what,
      'create on serviceaccounts/token',
    )
    const token = answer.status?.token
    if (token === undefined) throw new SecretSyncError('Unavailable', `${what}: the API server gave none`)
    return token
  }
}

/** An answer of the API server, or what its refusal means for a credential. */
async function asking<T>(ask: () => Promise<T>, what: string, right: string): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!isKubeApiError(error)) throw error
    if (error.status === 404) throw new SecretSyncError('NotFound', `${what} does not exist`)
    if (error.status === 403) {
      throw new SecretSyncError(
        'Unauthenticated',
        `the operator may not read ${what}; give its ServiceAccount the verb ${right} there`,
      )
    }
    throw new SecretSyncError('Unavailable', error.message)
  }
}
