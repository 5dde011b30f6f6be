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
 * What is cached of a Secret whose metadata exceeds the budget of its namespace: nothing whose size its writer chooses. Such a Secret is read
 * from the API server when it is needed.
 */
export interface SecretStub extends SecretIdentity {
  /**
   * Owners as far as they are known: from the records once these were decoded, otherwise from the owner references and the owner annotation,
   * which `creationPolicy: Merge` does not set.
   */
  readonly ownerNames: readonly string[]
  /** What its entry would count at most against the budget. */
  readonly excessBytes: number
}

/** A Secret as the cache has it. */
export type CachedSecret = SecretCacheEntry | SecretStub

/** Creates a stub without decoding the records. `before` is what was cached of it, and may have decoded them. */
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

/** Returns the owners as far as the cache knows them. */
export function cachedOwnerNamesOf(secret: CachedSecret): readonly string[] {
  if (!isStub(secret)) return [...ownerNamesOf(secret)]
  return secret.replaces ? [secret.replaces.ownerName] : secret.ownerNames
}

/** Returns the owners whose targets are found by the cache. Those of a replacement are in its target. */
export function indexedOwnersOf(secret: CachedSecret): Iterable<string> {
  if (!isStub(secret)) return secret.observed.records.keys()
  return secret.replaces ? [] : secret.ownerNames
}

function namesOf(owners: Iterable<string>): readonly string[] {
  const names = new Set([...owners].filter(({ length }) => length > 0 && length <= MAX_NAME_LENGTH))
  return [...names].slice(0, MAX_OWNERS)
}
