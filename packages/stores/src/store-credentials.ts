import { accessKeyProvider, credentialText } from '@ack-secret-manager/auth-access-key'
import {
  type CredentialProvider,
  type ErrorCode,
  isSecretSyncError,
  retryOf,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import type { KmsAuth, SecretKeyRef } from '@ack-secret-manager/resources'

/** Names one key of a Secret, with its namespace. */
export interface NamespacedSecretKey {
  readonly namespace: string
  readonly name: string
  readonly key: string
}

/**
 * Reads one key of a Secret.
 * @throws SecretSyncError `NotFound` when the Secret or the key is absent; `Unavailable` | `Timeout` when nobody can tell
 */
export type ReadSecretKey = (ref: NamespacedSecretKey, options: { signal: AbortSignal }) => Promise<Uint8Array>

/** The parts of a store's authentication that lie in Secrets. */
const PARTS = ['accessKey', 'accessKeySecret'] as const

/** Where the parts lie, each with the path of its field. */
export function credentialKeysOf(
  auth: KmsAuth,
  storeNamespace: string,
): Array<NamespacedSecretKey & { field: string }> {
  return PARTS.map((part) => {
    const { name, namespace, key }: SecretKeyRef = auth[part]
    return { namespace: namespace ?? storeNamespace, name, key, field: `spec.KMS.KMSAuth.${part}` }
  })
}

/**
 * The identity that a store's AccessKey references lead to.
 * @param store names the store in errors: `SecretStore prod/kms`
 * @throws SecretSyncError `CrossNamespaceRefused`; `Unauthenticated` naming field, Secret and key when a part is missing,
 * unreadable or malformed; `Unavailable` | `Timeout` | `Cancelled` as the reader says
 */
export async function accessKeyOf(
  auth: KmsAuth,
  options: {
    readonly store: string
    readonly storeNamespace: string
    readonly allowOtherNamespaces: boolean
    readonly readSecretKey: ReadSecretKey
    readonly signal: AbortSignal
  },
): Promise<CredentialProvider> {
  const { store, storeNamespace, allowOtherNamespaces, readSecretKey, signal } = options
  const keys = credentialKeysOf(auth, storeNamespace)
  for (const { namespace, field } of keys) {
    if (namespace === storeNamespace || allowOtherNamespaces) continue
    throw new SecretSyncError(
      'CrossNamespaceRefused',
      `${store}: ${field} names a Secret in namespace ${namespace}, which needs --enable-cross-namespace-auth-ref`,
      { facts: { field: `${field}.namespace` } },
    )
  }
  const [id = '', secret = ''] = await Promise.all(
    keys.map(async ({ field, ...ref }) => {
      const part = `${store}: ${field}: key ${JSON.stringify(ref.key)} of Secret ${ref.namespace}/${ref.name}`
      return credentialText(textOf(await readPart(readSecretKey, ref, part, signal), part), part)
    }),
  )
  return accessKeyProvider({ accessKeyId: id, accessKeySecret: new Sensitive(secret) })
}

async function readPart(
  readSecretKey: ReadSecretKey,
  ref: NamespacedSecretKey,
  part: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await readSecretKey(ref, { signal })
  } catch (error) {
    // Not knowing is no answer: the store stays as it is, and the caller tries again.
    if (!isSecretSyncError(error) || isUndecided(error.code)) throw error
    throw new SecretSyncError(
      'Unauthenticated',
      error.code === 'NotFound' ? `${part} does not exist` : `${part}: ${error.message}`,
    )
  }
}

function textOf(bytes: Uint8Array, part: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SecretSyncError('Unauthenticated', `${part} is not UTF-8 text`)
  }
}

/** Whether nobody could tell: neither that a credential is there nor that it is not. */
export function isUndecided(code: ErrorCode): boolean {
  return retryOf(code) === 'transient' && code !== 'Unauthenticated'
}
