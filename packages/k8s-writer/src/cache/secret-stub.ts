import type { ObjectMeta, OwnerReference } from '@ack-secret-manager/k8s-client'
import { isOurReference } from '../provenance/owner-references.ts'
import { identityOf, ownerNamesOf, type SecretCacheEntry, type SecretIdentity } from './secret-cache-entry.ts'

/** Owners that a stub names. A Secret of the operator has one owner reference to an ExternalSecret. */
const MAX_OWNERS = 4
/** Longest name of an object. */
const MAX_NAME_LENGTH = 253

/**
 * What is cached of a Secret whose metadata exceeds the budget of its namespace: nothing whose size its writer chooses. Such a Secret is read
 * from the API server when it is needed.
 */
export interface SecretStub extends SecretIdentity {
  /** Owners that a deletion concerns, by owner reference. Without a reference, as after `creationPolicy: Merge`, the owner is not known. */
  readonly ownerNames: readonly string[]
}

/** A Secret as the cache has it. */
export type CachedSecret = SecretCacheEntry | SecretStub

/** Creates a stub without decoding the records. */
export function stubOf(metadata: ObjectMeta): SecretStub {
  return { ...identityOf(metadata), ownerNames: namesOf(metadata.ownerReferences) }
}

export function stubOfEntry({ references, ...entry }: SecretCacheEntry): SecretStub {
  const { observed, isLabelled, isCreatedByOperator, replaces } = entry
  const { target, uid, resourceVersion } = observed
  const ownerNames = namesOf(references)
  return { observed: { target, uid, resourceVersion }, isLabelled, isCreatedByOperator, replaces, ownerNames }
}

export function isStub(secret: CachedSecret): secret is SecretStub {
  return 'ownerNames' in secret
}

/** Returns the owners as far as the cache knows them. */
export function cachedOwnerNamesOf(secret: CachedSecret): readonly string[] {
  if (!isStub(secret)) return [...ownerNamesOf(secret)]
  return secret.replaces ? [secret.replaces.ownerName] : secret.ownerNames
}

function namesOf(references: readonly OwnerReference[] = []): readonly string[] {
  const ours = references.filter((one) => one.name.length <= MAX_NAME_LENGTH && isOurReference(one))
  return ours.slice(0, MAX_OWNERS).map(({ name }) => name)
}
