import type {
  ObservedSecret,
  OwnerRecord,
  TargetChange,
  TargetRef,
  UnfinishedReplacement,
} from '@ack-secret-manager/core'
import { compareResourceVersions, type ObjectChange, type ObjectMeta } from '@ack-secret-manager/k8s-client'
import { OwnerIndex } from './owner-index.ts'
import { type SecretCacheEntry, ownerNamesOf, recordedKeysOf } from './secret-cache-entry.ts'

/** A Secret that the operator deleted or released, until the watch confirms it. */
interface Released {
  readonly uid: string
  /** Version without the managed-by label; undefined for a deletion. */
  readonly resourceVersion: string | undefined
}

/** What an inspection of the content found beyond the metadata, until the next write by another manager. */
interface ContentFindings {
  /** Keys that were written under our field manager by a user, with the version of that finding. */
  readonly broken: Map<string, string>
  /** Keys with the recorded content although another manager wrote them, with the mark of that write. */
  readonly verified: Map<string, string>
  /** Records with digests of the actual content. They apply while the annotation has this checksum. */
  records: { readonly sum: string; readonly of: ReadonlyMap<string, OwnerRecord> } | undefined
  /** Whether the Secret is immutable, which Kubernetes never reverts. */
  isImmutable: boolean
}

/** How a response relates to the watch and to writes in flight. */
export interface ResponseDetails {
  /** The watch already reported the deletion. The response is not cached, because no later event would remove it. */
  readonly isDeleted?: boolean
  /** The response belongs to a write, or a write is in flight. */
  readonly isOwnWrite?: boolean
  /** The content was compared with the records. */
  readonly isInspected?: boolean
}

/** Beyond this limit the oldest is dropped, which costs one superfluous reconcile. */
const MAX_RELEASED = 10_000

/**
 * Cache of the Secrets with the managed-by label. Watch events and responses update it in any order: older versions are ignored, and
 * own writes are not reported as changes.
 */
export class SecretCache {
  readonly #byTarget = new Map<string, SecretCacheEntry>()
  /** Target keys by owner. */
  readonly #byOwner = new OwnerIndex()
  /** Replacements by the key of their target. */
  readonly #replacements = new Map<string, SecretCacheEntry>()
  readonly #released = new Map<string, Released>()
  /** By uid. */
  readonly #findings = new Map<string, ContentFindings>()
  readonly #onUnexplained: (secret: SecretCacheEntry) => void

  /**
   * @param onUnexplained neither an own write nor another field manager explains this version, so a user may have written under our
   * field manager
   * @default all keys count as drifted until they are inspected
   */
  constructor(onUnexplained?: (secret: SecretCacheEntry) => void) {
    this.#onUnexplained = onUnexplained ?? ((secret) => this.markPossiblyDrifted(secret, recordedKeysOf(secret)))
  }

  get(target: TargetRef): SecretCacheEntry | undefined {
    return this.#byTarget.get(keyOf(target))
  }

  /** Returns the entry if it has exactly this version, so that the watch does not parse it again. */
  atVersion({ namespace = '', name = '', uid, resourceVersion }: ObjectMeta): SecretCacheEntry | undefined {
    const known = this.get({ namespace, name })
    const { observed } = known ?? {}
    return observed?.uid === uid && observed?.resourceVersion === resourceVersion ? known : undefined
  }

  values(): IterableIterator<SecretCacheEntry> {
    return this.#byTarget.values()
  }

  *owned(): Generator<ObservedSecret, void, void> {
    for (const { observed } of this.#byTarget.values()) if (observed.records.size > 0) yield observed
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    const keys = this.#byOwner.of(`${namespace}/${ownerName}`)
    return keys.flatMap((key) => this.#byTarget.get(key)?.observed ?? [])
  }

  /** Returns the staged replacement of a target that is being recreated. */
  replacementFor(target: TargetRef): SecretCacheEntry | undefined {
    return this.#replacements.get(keyOf(target))
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
    { isDeleted = false, isOwnWrite = false, isInspected = false }: ResponseDetails = {},
  ): { readonly entry: SecretCacheEntry; readonly change: TargetChange | undefined } {
    const key = keyOf(response.observed.target)
    const before = this.#byTarget.get(key)
    if (before && compareResourceVersions(response.observed.resourceVersion, before.observed.resourceVersion) < 0) {
      return { entry: before, change: undefined }
    }
    const known = this.#resolved(response)
    // Without the label the watch does not update the entry, so it is neither cached nor reported.
    if (!response.isLabelled || isDeleted) return { entry: known, change: undefined }
    this.#released.delete(key)
    this.#set(key, known)
    if (!isOwnWrite && !isInspected && isUnexplained(before, known)) this.#onUnexplained(known)
    const kind = isNewlyDrifted(before, known)
      ? 'changed'
      : !isOwnWrite && isRewritten(before, known)
        ? 'rewritten'
        : undefined
    return { entry: this.#byTarget.get(key) ?? known, change: kind && changeOf(kind, known, ownerNamesOf(known)) }
  }

  /** Records a watch event. @returns the change to report, undefined for an own write */
  recordWatchEvent(change: ObjectChange<SecretCacheEntry>): TargetChange | undefined {
    if (change.kind === 'deleted') return this.#recordDeletion(change.key, change.previous)
    const { key, object } = change
    if (this.#isReleased(key, object)) return undefined
    const before = this.#byTarget.get(key)
    const age = before ? compareResourceVersions(object.observed.resourceVersion, before.observed.resourceVersion) : 1
    if (age < 0) return undefined
    const known = this.#resolved(object)
    this.#set(key, known)
    if (age === 0) return undefined
    if (isUnexplained(before, known)) this.#onUnexplained(known)
    const { drifted, metadataDrifted, records } = (this.#byTarget.get(key) ?? known).observed
    const lost = before ? [...before.observed.records.keys()].filter((name) => !records.has(name)) : []
    const isIntact = drifted.length === 0 && !metadataDrifted && lost.length === 0
    if (!isIntact || known.replaces) return changeOf('changed', known, [...ownerNamesOf(known), ...lost])
    return isRewritten(before, known) ? changeOf('rewritten', known, ownerNamesOf(known)) : undefined
  }

  /** Records that the operator deleted the Secret, or removed its label in `resourceVersion`. */
  release(target: TargetRef, uid: string, resourceVersion: string | undefined): void {
    const key = keyOf(target)
    this.#delete(key)
    this.#findings.delete(uid)
    this.#released.delete(key)
    this.#released.set(key, { uid, resourceVersion })
    const [oldest] = this.#released.keys()
    if (this.#released.size > MAX_RELEASED && oldest !== undefined) this.#released.delete(oldest)
  }

  /** Records a deletion that the watch delivered before the response. @returns the change to report */
  recordDeletion(known: SecretCacheEntry): TargetChange | undefined {
    return this.#recordDeletion(keyOf(known.observed.target), known)
  }

  /** Removes a Secret that the watch does not cover. */
  forget(target: TargetRef): void {
    this.#delete(keyOf(target))
  }

  /** Records that these keys have the recorded content in the version of `response`. */
  markVerified(response: SecretCacheEntry, keys: Iterable<string>): void {
    const verifiedKeys = [...keys]
    const marks = verifiedKeys.flatMap((key) => {
      const mark = response.possiblyDrifted.get(key)
      return mark === undefined ? [] : [[key, mark] as const]
    })
    const { uid, resourceVersion } = response.observed
    const broken = this.#findings.get(uid)?.broken
    for (const key of verifiedKeys) {
      if (compareResourceVersions(broken?.get(key) ?? '0', resourceVersion) <= 0) broken?.delete(key)
    }
    if (marks.length === 0) return
    const { verified } = this.#findingsOf(response)
    for (const [key, mark] of marks) verified.set(key, mark)
  }

  /** Records that these keys may differ from their record although `managedFields` shows them as ours. @returns the change to report */
  markPossiblyDrifted(secret: SecretCacheEntry, keys: Iterable<string>): TargetChange | undefined {
    const { target, uid, resourceVersion } = secret.observed
    const { broken } = this.#findingsOf(secret)
    for (const key of keys) broken.set(key, resourceVersion)
    const known = this.get(target)
    if (known?.observed.uid !== uid) return undefined
    const resolved = this.#resolved(known)
    this.#set(keyOf(target), resolved)
    return changeOf('changed', resolved, ownerNamesOf(resolved))
  }

  /** Replaces the digests by those of the actual content, until the annotation differs from that of `response`. */
  replaceRecords(response: SecretCacheEntry, records: ReadonlyMap<string, OwnerRecord>): void {
    this.#findingsOf(response).records = { sum: response.provenanceSum, of: records }
  }

  /** Records that the Secret is immutable. @returns whether that is new */
  markImmutable(secret: SecretCacheEntry): boolean {
    const findings = this.#findingsOf(secret)
    const isNew = !findings.isImmutable
    findings.isImmutable = true
    return isNew
  }

  #recordDeletion(key: string, previous: SecretCacheEntry): TargetChange | undefined {
    const released = this.#released.get(key)
    if (released?.uid === previous.observed.uid) {
      this.#released.delete(key)
      return undefined
    }
    this.#findings.delete(previous.observed.uid)
    const known = this.#byTarget.get(key)
    const names = new Set([...ownerNamesOf(previous), ...(known ? ownerNamesOf(known) : [])])
    if (known && known.observed.uid !== previous.observed.uid) {
      // One of the owners recreated it. Only the others need the event.
      for (const name of known.observed.records.keys()) names.delete(name)
    } else {
      this.#delete(key)
    }
    const change = changeOf('deleted', previous, names)
    return change && { ...change, ...(previous.isCreatedByOperator ? {} : { madeByOthers: true }) }
  }

  /** Whether the event is older than the release. */
  #isReleased(key: string, { observed }: SecretCacheEntry): boolean {
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

  #findingsOf({ observed: { uid } }: SecretCacheEntry): ContentFindings {
    const findings: ContentFindings = this.#findings.get(uid) ?? noFindings()
    this.#findings.set(uid, findings)
    return findings
  }

  #resolved(secret: SecretCacheEntry): SecretCacheEntry {
    const findings = this.#findings.get(secret.observed.uid)
    if (!findings) return secret
    const { verified, broken, records, isImmutable } = findings
    const unverified = [...secret.possiblyDrifted]
      .filter(([key, mark]) => verified.get(key) !== mark)
      .map(([key]) => key)
    const recorded = broken.size === 0 ? undefined : recordedKeysOf(secret)
    const drifted = [...new Set([...unverified, ...[...broken.keys()].filter((key) => recorded?.has(key))])]
    const current = records?.sum === secret.provenanceSum ? records.of : secret.recorded
    const immutable = isImmutable || secret.observed.immutable
    return { ...secret, observed: { ...secret.observed, drifted, records: current, immutable } }
  }

  #set(key: string, known: SecretCacheEntry): void {
    this.#delete(key)
    this.#byTarget.set(key, known)
    if (known.replaces) this.#replacements.set(keyOf(known.replaces.target), known)
    for (const name of known.observed.records.keys()) {
      this.#byOwner.add(`${known.observed.target.namespace}/${name}`, key)
    }
  }

  #delete(key: string): void {
    const known = this.#byTarget.get(key)
    if (!known) return
    this.#byTarget.delete(key)
    if (known.replaces) this.#replacements.delete(keyOf(known.replaces.target))
    for (const name of known.observed.records.keys()) {
      this.#byOwner.delete(`${known.observed.target.namespace}/${name}`, key)
    }
  }
}

function noFindings(): ContentFindings {
  return { broken: new Map(), verified: new Map(), records: undefined, isImmutable: false }
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
  { observed: { target } }: SecretCacheEntry,
  owners: Iterable<string>,
): TargetChange | undefined {
  const ownerNames = [...new Set(owners)]
  return ownerNames.length === 0 ? undefined : { target, kind, ownerNames }
}

function keyOf({ namespace, name }: TargetRef): string {
  return `${namespace}/${name}`
}
