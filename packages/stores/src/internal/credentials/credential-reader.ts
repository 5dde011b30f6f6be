import { type ErrorCode, isSecretSyncError, retryOf, SecretSyncError } from '@ack-secret-manager/core'
import type { SecretKeyRef } from '@ack-secret-manager/resources'
import type { NamespacedName, NamespacedSecretKey } from '../../store-references.ts'

/**
 * Reads one key of a Secret; undefined when the Secret has no such key. Each upsert of a store passes its own signal: keys that are
 * read with the same signal, such as an id and its secret, belong together and should come from one version of a Secret.
 * @throws SecretSyncError `NotFound` when there is no such Secret; `Unavailable` | `Timeout` when the API server does not respond;
 * another one, with the `httpStatus` 403, when it denies the read
 */
export type ReadSecretKey = (
  ref: NamespacedSecretKey,
  options: { signal: AbortSignal },
) => Promise<Uint8Array | undefined>

/** The fields of a ServiceAccount that a store needs. */
export interface ServiceAccountDetails {
  readonly uid: string
  /** Value of its annotation `ack.alibabacloud.com/role-arn`. */
  readonly roleArn?: string | undefined
}

/**
 * Reads a ServiceAccount.
 * @throws SecretSyncError as {@link ReadSecretKey}
 */
export type ReadServiceAccount = (
  ref: NamespacedName,
  options: { signal: AbortSignal },
) => Promise<ServiceAccountDetails>

/** The store that requests a credential. */
export interface Requester {
  /** `SecretStore prod/kms`, for messages. */
  readonly label: string
  /** Namespace of the store; empty for a ClusterSecretStore, which may name any. */
  readonly namespace: string
  readonly allowOtherNamespaces: boolean
  readonly signal: AbortSignal
}

/**
 * The reference with its namespace, which defaults to that of the store.
 * @param field path of the reference
 * @throws SecretSyncError `CrossNamespaceRefused`
 */
export function locate<Ref extends { readonly namespace?: string }>(
  ref: Ref,
  { what, field }: { readonly what: string; readonly field: string },
  requester: Pick<Requester, 'label' | 'namespace' | 'allowOtherNamespaces'>,
): Ref & { readonly namespace: string } {
  const namespace = ref.namespace ?? requester.namespace
  if (!mayUseNamespace(requester, namespace)) {
    throw new SecretSyncError(
      'CrossNamespaceRefused',
      `${requester.label}: ${field} names a ${what} in namespace ${namespace}, which needs --enable-cross-namespace-auth-ref`,
      { facts: { field: `${field}.namespace` } },
    )
  }
  return { ...ref, namespace }
}

/** Whether a store may take credentials from a namespace. */
export function mayUseNamespace(
  { namespace, allowOtherNamespaces }: Pick<Requester, 'namespace' | 'allowOtherNamespaces'>,
  of: string,
): boolean {
  return namespace === '' || namespace === of || allowOtherNamespaces
}

/**
 * The bytes of the referenced key, and its name for errors: `key "id" of Secret prod/creds`.
 * @throws SecretSyncError `CrossNamespaceRefused`; `Unauthenticated` naming field, Secret and key when the key is missing or
 * unreadable; `Unavailable` | `Timeout` | `Cancelled` as the reader throws them
 */
export async function readCredential(
  readSecretKey: ReadSecretKey,
  ref: SecretKeyRef,
  field: string,
  requester: Requester,
): Promise<{ readonly bytes: Uint8Array; readonly part: string }> {
  const { namespace, name, key } = locate(ref, { what: 'Secret', field }, requester)
  const secret = `Secret ${namespace}/${name}`
  const where = `${requester.label}: ${field}: ${secret}`
  const bytes = await orUnauthenticated(
    readSecretKey({ namespace, name, key }, { signal: requester.signal }),
    where,
    field,
  )
  if (bytes !== undefined) return { bytes, part: `key ${JSON.stringify(key)} of ${secret}` }
  throw new SecretSyncError('Unauthenticated', `${where} has no key ${JSON.stringify(key)}`, { facts: { field } })
}

/** The result of a lookup. Conclusive errors become `Unauthenticated`; inconclusive ones are rethrown unchanged. */
export async function orUnauthenticated<T>(lookUp: Promise<T>, part: string, field: string): Promise<T> {
  try {
    return await lookUp
  } catch (error) {
    if (!isSecretSyncError(error) || isInconclusive(error.code)) throw error
    const why = error.code === 'NotFound' ? `${part} does not exist` : `${part}: ${error.message}`
    throw new SecretSyncError('Unauthenticated', why, { facts: { ...error.facts, field } })
  }
}

/** Runs `work` and attributes its error to `field`. A non-empty `prefix` replaces the option name in the message. */
export function withField<T>(field: string, work: () => T, prefix = ''): T {
  try {
    return work()
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    const message = prefix === '' ? error.message : `${prefix}${withoutField(error, field)}`
    throw new SecretSyncError(error.code, message, { facts: { ...error.facts, field } })
  }
}

/** The message without its option name if `field` ends with the same name. */
function withoutField({ message, facts }: SecretSyncError, field: string): string {
  const prefix = `${facts.field}: `
  return field.endsWith(`.${facts.field}`) && message.startsWith(prefix) ? message.slice(prefix.length) : message
}

/** Whether a lookup failed without showing that the credential is missing or wrong. */
export function isInconclusive(code: ErrorCode): boolean {
  return retryOf(code) === 'transient' && code !== 'Unauthenticated'
}
