import { SecretSyncError } from '@ack-secret-manager/core'
import { inNamespace, isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { ROLE_ARN_ANNOTATION } from '@ack-secret-manager/resources'
import type { StoreRegistryOptions } from '../store-types.ts'

/** Reads credentials of stores from Kubernetes. */
export type CredentialReader = Required<
  Pick<StoreRegistryOptions, 'readSecretKey' | 'readServiceAccount' | 'requestToken' | 'serverTimeMs'>
>

/** A request for a credential, for messages. */
export interface CredentialRequest {
  /** `Secret prod/kms` */
  readonly what: string
  /** Permission that it needs: `get on secrets`. */
  readonly permission: string
}

/** Runs a request and turns errors of the API server into SecretSyncErrors. */
export type RunRequest = <T>(request: CredentialRequest, work: () => Promise<T>) => Promise<T>

interface SecretData {
  readonly data?: Readonly<Record<string, string>>
}

interface TokenResponse {
  readonly status?: { readonly token?: string }
}

/** Requested lifetime in seconds: the default of the API server. */
const TOKEN_LIFETIME_S = 3_600

/**
 * Reads credentials of stores from the API server. All keys that are read with one signal come from the same version of a
 * Secret; nothing is cached beyond it.
 * @param run `asOperator` for the ServiceAccount of the operator
 */
export function kubeCredentialReader(
  client: Pick<KubeClient, 'get' | 'create' | 'serverTimeMs'>,
  run: RunRequest,
): CredentialReader {
  const bySignal = new WeakMap<AbortSignal, Map<string, Promise<SecretData>>>()
  return {
    serverTimeMs: () => client.serverTimeMs,
    readSecretKey: async ({ namespace, name, key }, { signal }) => {
      const path = pathOf('secrets', namespace, name)
      const request = { what: `Secret ${namespace}/${name}`, permission: 'get on secrets' }
      const requested = bySignal.get(signal) ?? new Map<string, Promise<SecretData>>()
      const reading = requested.get(path) ?? run(request, () => client.get<SecretData>(path, { signal }))
      bySignal.set(signal, requested.set(path, reading))
      const { data } = await reading
      const value = data && Object.hasOwn(data, key) ? data[key] : undefined
      return value === undefined ? undefined : Buffer.from(value, 'base64')
    },
    readServiceAccount: async ({ namespace, name }, { signal }) => {
      const request = { what: `ServiceAccount ${namespace}/${name}`, permission: 'get on serviceaccounts' }
      const path = pathOf('serviceaccounts', namespace, name)
      const { metadata } = await run(request, () => client.get(path, { signal }))
      return { uid: metadata.uid ?? '', roleArn: metadata.annotations?.[ROLE_ARN_ANNOTATION] }
    },
    requestToken: async ({ namespace, name, audiences, signal }) => {
      const path = `${pathOf('serviceaccounts', namespace, name)}/token`
      const what = `token of ServiceAccount ${namespace}/${name}`
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences, expirationSeconds: TOKEN_LIFETIME_S },
      }
      const { status } = await run({ what, permission: 'create on serviceaccounts/token' }, () =>
        client.create<TokenResponse>(path, body, { signal }),
      )
      if (status?.token === undefined) throw new SecretSyncError('Unavailable', `${what}: the API server returned none`)
      return status.token
    },
  }
}

/** Errors name the permission that the operator lacks. */
export const asOperator: RunRequest = async ({ what, permission }, work) => {
  try {
    return await work()
  } catch (error) {
    if (!isKubeApiError(error)) throw error
    if (error.status === 404) throw new SecretSyncError('NotFound', `${what} does not exist`)
    if (error.status === 403) {
      throw new SecretSyncError(
        'Unauthenticated',
        `the operator is not allowed to read ${what}; grant its ServiceAccount ${permission} in this namespace`,
        { facts: { httpStatus: 403 } },
      )
    }
    throw new SecretSyncError('Unavailable', error.message)
  }
}

function pathOf(plural: string, namespace: string, name: string): string {
  return `${inNamespace(`/api/v1/${plural}`, namespace)}/${encodeURIComponent(name)}`
}
