import { SecretSyncError } from '@ack-secret-manager/core'
import { inNamespace, type KubeClient } from '@ack-secret-manager/k8s-client'
import { ROLE_ARN_ANNOTATION } from '@ack-secret-manager/resources'
import type { NamespacedSecretKey, ReadServiceAccount, StoreRegistryOptions } from '@ack-secret-manager/stores'
import { answered } from './cluster-answer.ts'

/** How stores get tokens of ServiceAccounts. */
export type ServiceAccountAccess = Required<Pick<StoreRegistryOptions, 'readServiceAccount' | 'requestToken'>>

interface TokenAnswer {
  readonly status?: { readonly token?: string }
}

/** Seconds; the API server gives no shorter ones. */
const TOKEN_LIFETIME_S = 3_600

/** One key of a Secret; undefined where the Secret has none of this name. @throws SecretSyncError `NotFound` | `AccessDenied` | `Unavailable` … */
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

/** ServiceAccounts of the cluster, as they are there: its manifest alone vouches for nobody. */
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

/** What stores are told that need a token of a ServiceAccount where nobody can issue one. */
export function noServiceAccounts(): ServiceAccountAccess {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new SecretSyncError(
        'Unauthenticated',
        'only a cluster issues tokens of it, and sync --kube alone has one to ask',
      ),
    )
  return { readServiceAccount: refuse, requestToken: refuse }
}
