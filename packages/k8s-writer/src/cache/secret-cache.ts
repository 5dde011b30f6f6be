import {
  type ObservedSecret,
  type OwnerRecord,
  remember,
  type TargetChange,
  type TargetRef,
  type UnfinishedReplacement,
} from '@ack-secret-manager/core'
import { compareResourceVersions, type ObjectChange, objectKey, type ObjectMeta } from '@ack-secret-manager/k8s-client'
import { ContentFindings } from './content-findings.ts'
import type { MetadataBudget } from './metadata-budget.ts'
import { OwnerIndex } from './owner-index.ts'
import { type SecretCacheEntry, ownerNamesOf, recordedKeysOf } from './secret-cache-entry.ts'
import { type CachedSecret, cachedOwnerNamesOf, indexedOwnersOf, isStub, stubOfEntry } from './secret-stub.ts'

/** A Secret that the operator deleted or released, until the watch confirms it. */
interface Released {
  readonly uid: string
  /** Version without the managed-by label; undefined for a deletion. */
  readonly resourceVersion: string | undefined
}

/** How a response relates to the watch and to writes in flight. */
export interface ResponseDetails {
  /** The watch already reported the deletion. The response is not cached, because no later event would remove it. */
  readonly isDeleted?: boolean
  /** The response belongs to a write, or a write is in flight. */
  readonly isOwnWrite?: boolean
  /** The content was compared with the records. */
  readonly isInspected?: boolean
  /** Keys that differ from their record according to that comparison. */
  readonly broken?: Iterable<string>
}

/** Beyond this limit the oldest is dropped, which costs one superfluous reconcile. */
const MAX_RELEASED = 10_000

/**
 * Cache of the Secrets with the managed-by label. Watch events and responses update it in any order: older versions are ignored, and
 * own writes are not reported as changes. A Secret that exceeds the budget of its namespace is a stub, which no method returns as an entry.
 */
export class SecretCache {
  readonly #byTarget = new Map<string, CachedSecret>()
  /** Target keys by owner. */
  readonly #byOwner = new OwnerIndex()
  /** Replacements by the key of their target. */
  readonly #replacements = new Map<string, CachedSecret>()
  readonly #released = new Map<string, Released>()
  readonly #findings = new ContentFindings()
  readonly #onUnexplained: (secret: CachedSecret) => void
  readonly #budget: MetadataBudget | undefined

  /**
   * @param onUnexplained called if neither an own write nor another field manager explains a version, so a user may have written under our
   * field manager; also for each change of a stub
   * @default all keys count as drifted until they are inspected
   * @param budget @default every Secret is cached
   */
  constructor(onUnexplained?: (secret: CachedSecret) => void, budget?: MetadataBudget) {
    const markAll = (secret: CachedSecret): void => {
      if (!isStub(secret)) this.markPossiblyDrifted(secret, recordedKeysOf(secret))
    }
    this.#onUnexplained = onUnexplained ?? markAll
    this.#budget = budget
  }

  /** Undefined also for a stub, see {@link cached}. */
  get(target: TargetRef): SecretCacheEntry | undefined {
    return this.#entry(objectKey(target))
  }

  /** Returns the entry or the stub. */
  cached(target: TargetRef): CachedSecret | undefined {
    return this.#byTarget.get(objectKey(target))
  }

  /** Returns what is cached if it has exactly this version, so that the watch does not parse it again. */
  atVersion({ namespace = '', name = '', uid, resourceVersion }: ObjectMeta): CachedSecret | undefined {
    const known = this.cached({ namespace, name })
    const { observed } = known ?? {}
    return observed?.uid === uid && observed?.resourceVersion === resourceVersion ? known : undefined
  }

  /** Whether the budget admits an entry that counts `excessBytes`. */
  admits(target: TargetRef, excessBytes: number): boolean {
    const freedBytes = this.get(target)?.excessBytes ?? 0
    return this.#budget?.admits(target.namespace, excessBytes, freedBytes) ?? true
  }

  values(): IterableIterator<CachedSecret> {
    return this.#byTarget.values()
  }

  *owned(): Generator<ObservedSecret, void, void> {
    for (const secret of this.#byTarget.values()) {
      if (!isStub(secret) && secret.observed.records.size > 0) yield secret.observed
    }
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    const keys = this.#byOwner.of(`${namespace}/${ownerName}`)
    return keys.flatMap((key) => this.#entry(key)?.observed ?? [])
  }

  /** Returns all targets of the owner, including stubs that name it. */
  targetsOf(namespace: string, ownerName: string): readonly TargetRef[] {
    const keys = this.#byOwner.of(`${namespace}/${ownerName}`)
    return keys.flatMap((key) => this.#byTarget.get(key)?.observed.target ?? [])
  }

  /** Returns the staged replacement of a target that is being recreated. */
  replacementFor(target: TargetRef): CachedSecret | undefined {
    return this.#replacements.get(objectKey(target))
  }

  *unfinished(): Generator<UnfinishedReplacement, void, void> {
    for (const { replaces } of this.#replacements.values()) if (replaces) yield replaces
  }

  /**
   * Records a response of the API server.
   * @returns the current entry, and the change to report to the owners
   */
  recordResponse(
    response: SecretCacheEntry,
    { isDeleted = false, isOwnWrite = false, isInspected = false, broken = [] }: ResponseDetails = {},
  ): { readonly entry: SecretCacheEntry; readonly change: TargetChange | undefined } {
    const { target, uid, resourceVersion } = response.observed
    const key = objectKey(target)
    const cached = this.#byTarget.get(key)
    const before = cached && isStub(cached) ? undefined : cached
    if (cached && compareResourceVersions(resourceVersion, cached.observed.resourceVersion) < 0) {
      return { entry: before ?? this.#findings.resolve(response), change: undefined }
    }
    this.#findings.markBroken(response, broken)
    const known = this.#findings.resolve(response)
    const isAdmitted = this.admits(target, response.excessBytes)
    // Without the label the watch does not update the entry, so it is neither cached nor reported.
    if (!response.isLabelled || isDeleted) {
      // No later event would remove its findings.
      this.#findings.forget(uid)
      return { entry: known, change: undefined }
    }
    this.#released.delete(key)
    this.#set(key, isAdmitted ? known : stubOfEntry(known))
    // The cache has no earlier state to compare with, so each response would be reported again.
    if (!isAdmitted) return { entry: known, change: undefined }
    if (!isOwnWrite && !isInspected && isUnexplained(before, known)) this.#onUnexplained(known)
    const kind = isNewlyDrifted(before, known)
      ? 'changed'
      : !isOwnWrite && isRewritten(before, known)
        ? 'rewritten'
        : undefined
    return { entry: this.#entry(key) ?? known, change: kind && changeOf(kind, known, ownerNamesOf(known)) }
  }

  /** Records a watch event. @returns the change to report, undefined for an own write */
  recordWatchEvent(change: ObjectChange<CachedSecret>): TargetChange | undefined {
    if (change.kind === 'deleted') return this.#recordDeletion(change.key, change.previous)
    const { key, object } = change
    if (this.#isReleased(key, object)) return undefined
    const cached = this.#byTarget.get(key)
    const age = cached ? compareResourceVersions(object.observed.resourceVersion, cached.observed.resourceVersion) : 1
    if (age < 0) return undefined
    if (isStub(object)) {
      // A response has already cached this version, with more detail.
      if (age === 0) return undefined
      this.#set(key, object)
      if (cached) this.#onUnexplained(object)
      return undefined
    }
    const before = cached && isStub(cached) ? undefined : cached
    const known = this.#findings.resolve(object)
    this.#set(key, known)
    if (age === 0) return undefined
    const wasStub = cached !== undefined && isStub(cached)
    if (wasStub || isUnexplained(before, known)) this.#onUnexplained(known)
    const { drifted, metadataDrifted, records } = (this.#entry(key) ?? known).observed
    const lost = cached ? [...indexedOwnersOf(cached)].filter((name) => !records.has(name)) : []
    const isIntact = drifted.length === 0 && !metadataDrifted && lost.length === 0
    if (!isIntact || known.replaces) return changeOf('changed', known, [...ownerNamesOf(known), ...lost])
    return isRewritten(before, known) ? changeOf('rewritten', known, ownerNamesOf(known)) : undefined
  }

  /** Records that the operator deleted the Secret, or removed its label in `resourceVersion`. */
  release(target: TargetRef, uid: string, resourceVersion: string | undefined): void {
    const key = objectKey(target)
    this.#delete(key)
    this.#findings.forget(uid)
    this.#released.delete(key)
    remember(this.#released, key, { uid, resourceVersion }, MAX_RELEASED)
  }

  /** Records a deletion that the watch delivered before the response. @returns the change to report */
  recordDeletion(known: CachedSecret): TargetChange | undefined {
    return this.#recordDeletion(objectKey(known.observed.target), known)
  }

  /** Removes a Secret that the watch does not cover. */
  forget(target: TargetRef): void {
    this.#delete(objectKey(target))
  }

  /** See {@link ContentFindings.markVerified}. */
  markVerified(response: SecretCacheEntry, keys: Iterable<string>): void {
    this.#findings.markVerified(response, keys)
  }

  /** Records that these keys may differ from their record although `managedFields` shows them as ours. @returns the change to report */
  markPossiblyDrifted(secret: SecretCacheEntry, keys: Iterable<string>): TargetChange | undefined {
    const { target, uid } = secret.observed
    const cached = this.cached(target)
    if (cached && isStub(cached)) {
      return cached.observed.uid === uid ? changeOf('changed', secret, ownerNamesOf(secret)) : undefined
    }
    this.#findings.markBroken(secret, keys)
    if (cached?.observed.uid !== uid) return undefined
    const resolved = this.#findings.resolve(cached)
    this.#set(objectKey(target), resolved)
    return changeOf('changed', resolved, ownerNamesOf(resolved))
  }

  /** Records that the content could not be compared. @returns the change to report */
  markUnverified(target: TargetRef): TargetChange | undefined {
    const cached = this.cached(target)
    if (!cached) return undefined
    if (isStub(cached)) return changeOf('changed', cached, cachedOwnerNamesOf(cached))
    return this.markPossiblyDrifted(cached, recordedKeysOf(cached))
  }

  /** See {@link ContentFindings.replaceRecords}. */
  replaceRecords(response: SecretCacheEntry, records: ReadonlyMap<string, OwnerRecord>): void {
    this.#findings.replaceRecords(response, records)
  }

  /** See {@link ContentFindings.markImmutable}. */
  markImmutable(secret: SecretCacheEntry): boolean {
    return this.#findings.markImmutable(secret)
  }

  #recordDeletion(key: string, previous: CachedSecret): TargetChange | undefined {
    const released = this.#released.get(key)
    if (released?.uid === previous.observed.uid) {
      this.#released.delete(key)
      return undefined
    }
    this.#findings.forget(previous.observed.uid)
    const known = this.#byTarget.get(key)
    const names = new Set([...cachedOwnerNamesOf(previous), ...(known ? cachedOwnerNamesOf(known) : [])])
    if (known && known.observed.uid !== previous.observed.uid) {
      // One of the owners recreated it. Only the others need the event.
      for (const name of indexedOwnersOf(known)) names.delete(name)
    } else {
      this.#delete(key)
    }
    const change = changeOf('deleted', previous, names)
    return change && { ...change, ...(previous.isCreatedByOperator ? {} : { madeByOthers: true }) }
  }

  /** Whether the event is older than the release. */
  #isReleased(key: string, { observed }: CachedSecret): boolean {
    const released = this.#released.get(key)
    if (!released) return false
    const { uid, resourceVersion } = released
    if (uid === observed.uid && resourceVersion === undefined) return true
    if (resourceVersion !== undefined && compareResourceVersions(observed.resourceVersion, resourceVersion) <= 0)
      return true
    // Another client labelled or recreated it.
    this.#released.delete(key)
    return false
  }

  #entry(key: string): SecretCacheEntry | undefined {
    const cached = this.#byTarget.get(key)
    return cached && !isStub(cached) ? cached : undefined
  }

  #set(key: string, known: CachedSecret): void {
    const before = this.#remove(key)
    this.#byTarget.set(key, known)
    const { observed, replaces } = known
    const { namespace } = observed.target
    if (replaces) this.#replacements.set(objectKey(replaces.target), known)
    for (const name of indexedOwnersOf(known)) this.#byOwner.add(`${namespace}/${name}`, key)
    if (isStub(known)) this.#findings.forget(observed.uid)
    else this.#budget?.add(namespace, known.excessBytes)
    this.#countStubs(known, before)
  }

  #delete(key: string): void {
    this.#countStubs(undefined, this.#remove(key))
  }

  #remove(key: string): CachedSecret | undefined {
    const known = this.#byTarget.get(key)
    if (!known) return undefined
    this.#byTarget.delete(key)
    const { observed, replaces } = known
    const { namespace } = observed.target
    if (replaces) this.#replacements.delete(objectKey(replaces.target))
    for (const name of indexedOwnersOf(known)) this.#byOwner.delete(`${namespace}/${name}`, key)
    if (!isStub(known)) this.#budget?.add(namespace, -known.excessBytes)
    return known
  }

  #countStubs(now: CachedSecret | undefined, before: CachedSecret | undefined): void {
    const [is, was] = [now, before].map((secret) => secret !== undefined && isStub(secret))
    const namespace = (now ?? before)?.observed.target.namespace ?? ''
    if (is !== was) this.#budget?.addUncached(namespace, is === true ? 1 : -1)
  }
}

/**
 * Whether a user may have written our keys under our field manager. Times in `managedFields` have a resolution of seconds. An edit
 * in the same second as an own write leaves no mark, so a version without a write by another manager is unexplained too.
 */
function isUnexplained(before: SecretCacheEntry | undefined, now: SecretCacheEntry): boolean {
  if (before?.observed.uid !== now.observed.uid || before.provenanceSum !== now.provenanceSum) return false
  if (before.observed.resourceVersion === now.observed.resourceVersion) return false
  return before.ourWrites !== now.ourWrites || before.otherWrites === now.otherWrites
}

function isRewritten(before: SecretCacheEntry | undefined, known: SecretCacheEntry): boolean {
  return before !== undefined && before.provenanceSum !== known.provenanceSum
}

function isNewlyDrifted(before: SecretCacheEntry | undefined, { observed }: SecretCacheEntry): boolean {
  const known = new Set(before?.observed.drifted)
  return (
    (observed.metadataDrifted && !before?.observed.metadataDrifted) || observed.drifted.some((key) => !known.has(key))
  )
}

/** Undefined without owners. */
function changeOf(
  kind: TargetChange['kind'],
  { observed: { target } }: CachedSecret,
  owners: Iterable<string>,
): TargetChange | undefined {
  const ownerNames = [...new Set(owners)]
  return ownerNames.length === 0 ? undefined : { target, kind, ownerNames }
}
