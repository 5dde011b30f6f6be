import { type ErrorCode, isSecretSyncError, retryOf, SecretSyncError } from '@ack-secret-manager/core'
import type { SecretKeyRef } from '@ack-secret-manager/resources'
import type { NamespacedName, NamespacedSecretKey } from '../../store-references.ts'

/**
 * Reads one key of a Secret; undefined when the Secret has no such key. Each look at a store has a signal of its own: keys that are
 * asked for with the same one, such as an id and its secret, belong together and should come from one version of a Secret.
 * @throws SecretSyncError `NotFound` when there is no such Secret; `Unavailable` | `Timeout` when nobody can tell
 */
export type ReadSecretKey = (
  ref: NamespacedSecretKey,
  options: { signal: AbortSignal },
) => Promise<Uint8Array | undefined>

/** What a store needs to know of a ServiceAccount. */
export interface ServiceAccountFacts {
  readonly uid: string
  /** Value of its annotation `ack.alibabacloud.com/role-arn`. */
  readonly roleArn?: string | undefined
}

/**
 * Looks a ServiceAccount up.
 * @throws SecretSyncError `NotFound` when there is none; `Unavailable` | `Timeout` when nobody can tell
 */
export type ReadServiceAccount = (ref: NamespacedName, options: { signal: AbortSignal }) => Promise<ServiceAccountFacts>

/** For whom a credential is looked up. */
export interface Asker {
  /** `SecretStore prod/kms`, for messages. */
  readonly label: string
  /** Namespace of the store; empty for a ClusterSecretStore, which may name any. */
  readonly namespace: string
  readonly allowOtherNamespaces: boolean
  readonly signal: AbortSignal
}

/**
 * Where a reference leads.
 * @param field path of the reference
 * @throws SecretSyncError `CrossNamespaceRefused`
 */
export function locate<Ref extends { readonly namespace?: string }>(
  ref: Ref,
  { what, field }: { readonly what: string; readonly field: string },
  asker: Pick<Asker, 'label' | 'namespace' | 'allowOtherNamespaces'>,
): Ref & { readonly namespace: string } {
  const namespace = ref.namespace ?? asker.namespace
  if (!isOpenTo(asker, namespace)) {
    throw new SecretSyncError(
      'CrossNamespaceRefused',
      `${asker.label}: ${field} names a ${what} in namespace ${namespace}, which needs --enable-cross-namespace-auth-ref`,
      { facts: { field: `${field}.namespace` } },
    )
  }
  return { ...ref, namespace }
}

/** Whether a store may take credentials from a namespace. */
export function isOpenTo(
  { namespace, allowOtherNamespaces }: Pick<Asker, 'namespace' | 'allowOtherNamespaces'>,
  of: string,
): boolean {
  return namespace === '' || namespace === of || allowOtherNamespaces
}

/**
 * The bytes behind a reference to a key, and how to call them in errors: `key "id" of Secret prod/creds`.
 * @throws SecretSyncError `CrossNamespaceRefused`; `Unauthenticated` naming field, Secret and key when it is missing or
 * unreadable; `Unavailable` | `Timeout` | `Cancelled` as the reader says
 */
export async function readCredential(
  readSecretKey: ReadSecretKey,
  ref: SecretKeyRef,
  field: string,
  asker: Asker,
): Promise<{ readonly bytes: Uint8Array; readonly part: string }> {
  const { namespace, name, key } = locate(ref, { what: 'Secret', field }, asker)
  const secret = `Secret ${namespace}/${name}`
  const where = `${asker.label}: ${field}: ${secret}`
  const bytes = await orUnauthenticated(readSecretKey({ namespace, name, key }, { signal: asker.signal }), where, field)
  if (bytes !== undefined) return { bytes, part: `key ${JSON.stringify(key)} of ${secret}` }
  throw new SecretSyncError('Unauthenticated', `${where} has no key ${JSON.stringify(key)}`, { facts: { field } })
}

/** What a lookup gives; a refusal becomes one of the credential. Not knowing is no answer, and stays what it is. */
export async function orUnauthenticated<T>(lookUp: Promise<T>, part: string, field: string): Promise<T> {
  try {
    return await lookUp
  } catch (error) {
    if (!isSecretSyncError(error) || isUndecided(error.code)) throw error
    const why = error.code === 'NotFound' ? `${part} does not exist` : `${part}: ${error.message}`
    throw new SecretSyncError('Unauthenticated', why, { facts: { ...error.facts, field } })
  }
}

/** Runs `work`; what it refuses is told as of this field, after `before` where its message does not name it. */
export function withField<T>(field: string, work: () => T, before = ''): T {
  try {
    return work()
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    const message = before === '' ? error.message : `${before}${withoutField(error, field)}`
    throw new SecretSyncError(error.code, message, { facts: { ...error.facts, field } })
  }
}

/** A message without the name of its option, where `field` ends with the same name. */
function withoutField({ message, facts }: SecretSyncError, field: string): string {
  const prefix = `${facts.field}: `
  return field.endsWith(`.${facts.field}`) && message.startsWith(prefix) ? message.slice(prefix.length) : message
}

/** Whether nobody could tell: neither that a credential is there nor that it is not. */
export function isUndecided(code: ErrorCode): boolean {
  return retryOf(code) === 'transient' && code !== 'Unauthenticated'
}
