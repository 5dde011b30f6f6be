import type { ObjectMeta } from '@ack-secret-manager/k8s-client'
import { OWNER_ANNOTATION } from '@ack-secret-manager/resources'
import { isOurReference } from '../provenance/owner-references.ts'
import {
  excessBytesOf,
  identityOf,
  ownerNamesOf,
  type SecretCacheEntry,
  type SecretIdentity,
} from './secret-cache-entry.ts'

/** Owners that a stub names. Most Secrets have one. */
const MAX_OWNERS = 4
/** Longest name of an object. */
const MAX_NAME_LENGTH = 253

/**
 * Cached instead of an entry if the metadata of a Secret exceeds the budget of its namespace. Contains nothing whose size the author of the
 * Secret chooses; the rest is read from the API server when it is needed.
 */
export interface SecretStub extends SecretIdentity {
  /**
   * Known owners: from the records if they were decoded before, otherwise from the owner references and the owner annotation.
   * `creationPolicy: Merge` sets neither.
   */
  readonly ownerNames: readonly string[]
  /** Upper bound of the share that the entry would have in the budget. */
  readonly excessBytes: number
}

/** An entry or a stub. */
export type CachedSecret = SecretCacheEntry | SecretStub

/** Creates a stub without decoding the records. Keeps the owners of `before`, which may come from decoded records. */
export function stubOf(
  metadata: ObjectMeta,
  before?: CachedSecret,
  excessBytes: number = excessBytesOf(metadata),
): SecretStub {
  const { namespace = '', annotations, ownerReferences = [], uid } = metadata
  const referring = ownerReferences.filter((one) => isOurReference(one)).map(({ name }) => name)
  const owner = annotations?.[OWNER_ANNOTATION]
  const retaining = owner?.startsWith(`${namespace}/`) ? [owner.slice(namespace.length + 1)] : []
  const former = before && before.observed.uid === uid ? cachedOwnerNamesOf(before) : []
  const ownerNames = namesOf([...referring, ...retaining, ...former])
  return { ...identityOf(metadata), ownerNames, excessBytes }
}

export function stubOfEntry(entry: SecretCacheEntry): SecretStub {
  const { observed, isLabelled, isCreatedByOperator, replaces, excessBytes } = entry
  const { target, uid, resourceVersion } = observed
  const ownerNames = namesOf(ownerNamesOf(entry))
  return {
    observed: { target, uid, resourceVersion },
    isLabelled,
    isCreatedByOperator,
    replaces,
    ownerNames,
    excessBytes,
  }
}

export function isStub(secret: CachedSecret): secret is SecretStub {
  return 'ownerNames' in secret
}

/** Returns the known owners. */
export function cachedOwnerNamesOf(secret: CachedSecret): readonly string[] {
  if (!isStub(secret)) return [...ownerNamesOf(secret)]
  return secret.replaces ? [secret.replaces.ownerName] : secret.ownerNames
}

/** Returns the owners under which the cache indexes the Secret. A replacement is indexed by its target instead. */
export function indexedOwnersOf(secret: CachedSecret): Iterable<string> {
  if (!isStub(secret)) return secret.observed.records.keys()
  return secret.replaces ? [] : secret.ownerNames
}

function namesOf(owners: Iterable<string>): readonly string[] {
  const names = new Set([...owners].filter(({ length }) => length > 0 && length <= MAX_NAME_LENGTH))
  return [...names].slice(0, MAX_OWNERS)
}
