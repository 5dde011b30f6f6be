import { SecretSyncError } from '@ack-secret-manager/core'
import { inNamespace, type KubeClient } from '@ack-secret-manager/k8s-client'
import { ROLE_ARN_ANNOTATION } from '@ack-secret-manager/resources'
import type { NamespacedSecretKey, ReadServiceAccount, StoreRegistryOptions } from '@ack-secret-manager/stores'
import { answered } from './cluster-answer.ts'

/** Access of stores to ServiceAccounts and their tokens. */
export type ServiceAccountAccess = Required<Pick<StoreRegistryOptions, 'readServiceAccount' | 'requestToken'>>

interface TokenAnswer {
  readonly status?: { readonly token?: string }
}

/** Seconds; the default of projected tokens. */
const TOKEN_LIFETIME_S = 3_600

/** One key of a Secret; undefined if the Secret does not have it. @throws SecretSyncError `NotFound` | `AccessDenied` | `Unavailable` … */
export async function readClusterSecret(
  client: KubeClient,
  { namespace, name, key }: NamespacedSecretKey,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const what = `Secret ${namespace}/${name}`
  const secret = await answered(what, () =>
    client.get<{ readonly data?: Readonly<Record<string, string>> }>(
      `${inNamespace('/api/v1/secrets', namespace)}/${encodeURIComponent(name)}`,
      { signal },
    ),
  )
  const text = secret.data !== undefined && Object.hasOwn(secret.data, key) ? secret.data[key] : undefined
  return text === undefined ? undefined : Buffer.from(text, 'base64')
}

/** ServiceAccounts from the cluster, because a manifest is no proof of an identity. */
export function clusterServiceAccounts(client: KubeClient): ServiceAccountAccess {
  const pathOf = (namespace: string, name: string): string =>
    `${inNamespace('/api/v1/serviceaccounts', namespace)}/${encodeURIComponent(name)}`
  const readServiceAccount: ReadServiceAccount = async ({ namespace, name }, { signal }) => {
    const { metadata } = await answered(`ServiceAccount ${namespace}/${name} in the cluster`, () =>
      client.get(pathOf(namespace, name), { signal }),
    )
    return { uid: metadata.uid ?? '', roleArn: metadata.annotations?.[ROLE_ARN_ANNOTATION] }
  }
  return {
    readServiceAccount,
    requestToken: async ({ namespace, name, audiences, signal }) => {
      const what = `token of ServiceAccount ${namespace}/${name}`
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences, expirationSeconds: TOKEN_LIFETIME_S },
      }
      const { status } = await answered(what, () =>
        client.create<TokenAnswer>(`${pathOf(namespace, name)}/token`, body, { signal }),
      )
      if (status?.token === undefined) {
        throw new SecretSyncError('Unavailable', `${what}: the API server gave none`)
      }
      return status.token
    },
  }
}

/** Refuses tokens of ServiceAccounts, because only an API server can issue them. */
export function noServiceAccounts(): ServiceAccountAccess {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new SecretSyncError('Unauthenticated', 'tokens of a ServiceAccount require a cluster; use sync --kube'),
    )
  return { readServiceAccount: refuse, requestToken: refuse }
}
