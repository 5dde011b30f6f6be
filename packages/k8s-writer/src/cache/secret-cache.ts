import type {
  ObservedSecret,
  OwnerRecord,
  TargetChange,
  TargetRef,
  UnfinishedReplacement,
} from '@ack-secret-manager/core'
import { compareResourceVersions, type ObjectChange, type ObjectMeta } from '@ack-secret-manager/k8s-client'
import { type KnownSecret, ownerNamesOf, recordedKeysOf } from './secret-cache-entry.ts'

/** What we gave up ourselves, until the watch has told us so. */
interface Released {
  readonly uid: string
  /** Version without our label; undefined when the object is deleted. */
  readonly resourceVersion: string | undefined
}

/** What reading the content has told beyond metadata, until somebody writes again. */
interface Verified {
  /** Keys that a user has written under our name, each with the version in which they were found so. */
  readonly broken: Map<string, string>
  /** Keys that hold what they should although `managedFields` says that others wrote them, with the mark of that write. */
  readonly settled: Map<string, string>
  /** Records with digests of the real content, in place of those of the annotation with that sum. */
  records: { readonly sum: string; readonly of: ReadonlyMap<string, OwnerRecord> } | undefined
  /** It is immutable, and so stays so. */
  frozen: boolean
}

/** What is known of an answer of the API server besides the Secret. */
export interface AnswerFacts {
  readonly isOver?: boolean
  readonly isOurs?: boolean
  readonly isInspected?: boolean
}

/** Beyond that the oldest are forgotten, at the price of one superfluous look each. */
const MAX_RELEASED = 10_000

/**
 * What is known of the Secrets that carry our label. Fed by the watch and by our own calls, which overtake each other:
 * what is older than what is known is passed over, and our own writes are no news.
 */
export class KnownSecrets {
  readonly #byTarget = new Map<string, KnownSecret>()
  /** Keys of targets; nearly always one. */
  readonly #byOwner = new Map<string, readonly string[]>()
  /** Replacements by the key of the target that they are for. */
  readonly #replacements = new Map<string, KnownSecret>()
  readonly #released = new Map<string, Released>()
  /** By uid. */
  readonly #verified = new Map<string, Verified>()
  readonly #onUnexplained: (secret: KnownSecret) => void

  /**
   * @param onUnexplained neither a write of ours nor another field manager explains this version: a user may have written
   * under our name
   * @default all keys count as drifted until they are looked into
   */
  constructor(onUnexplained?: (secret: KnownSecret) => void) {
    this.#onUnexplained = onUnexplained ?? ((secret) => this.suspect(secret, recordedKeysOf(secret)))
  }

  get(target: TargetRef): KnownSecret | undefined {
    return this.#byTarget.get(keyOf(target))
  }

  /** What an answer of the API server has told of this very version already, so that the watch need not read it again. */
  atVersion({ namespace = '', name = '', uid, resourceVersion }: ObjectMeta): KnownSecret | undefined {
    const known = this.get({ namespace, name })
    const { observed } = known ?? {}
    return observed?.uid === uid && observed?.resourceVersion === resourceVersion ? known : undefined
  }

  /** All that are known. */
  values(): IterableIterator<KnownSecret> {
    return this.#byTarget.values()
  }

  *owned(): Generator<ObservedSecret, void, void> {
    for (const { observed } of this.#byTarget.values()) if (observed.records.size > 0) yield observed
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    const keys = this.#byOwner.get(`${namespace}/${ownerName}`) ?? []
    return keys.flatMap((key) => this.#byTarget.get(key)?.observed ?? [])
  }

  /** What was laid by for a target that is being made anew. */
  replacementFor(target: TargetRef): KnownSecret | undefined {
    return this.#replacements.get(keyOf(target))
  }

  *unfinished(): Generator<UnfinishedReplacement, void, void> {
    for (const { replaces } of this.#replacements.values()) if (replaces) yield replaces
  }

  /**
   * An answer of the API server to a call of ours. Returns what is known now, and what of it is news to other owners.
   * @param options.isOver the watch has told of its end already: nobody would tell again that what is kept now is gone
   * @param options.isOurs the call has written it, or one that is under way may have
   * @param options.isInspected its content was compared with the records
   */
  answered(
    answer: KnownSecret,
    { isOver = false, isOurs = false, isInspected = false }: AnswerFacts = {},
  ): { readonly known: KnownSecret; readonly news: TargetChange | undefined } {
    const key = keyOf(answer.observed.target)
    const before = this.#byTarget.get(key)
    if (before && compareResourceVersions(answer.observed.resourceVersion, before.observed.resourceVersion) < 0) {
      return { known: before, news: undefined }
    }
    const known = this.#resolved(answer)
    // Without our label no watch would keep it up to date, and what is not kept would be news each time.
    if (!answer.isLabelled || isOver) return { known, news: undefined }
    this.#released.delete(key)
    this.#set(key, known)
    if (!isOurs && !isInspected && isUnexplained(before, known)) this.#onUnexplained(known)
    const kind = isNewlyDrifted(before, known)
      ? 'changed'
      : !isOurs && isRewritten(before, known)
        ? 'rewritten'
        : undefined
    return { known: this.#byTarget.get(key) ?? known, news: kind && changeOf(kind, known, ownerNamesOf(known)) }
  }

  /** A change that the watch has told of; returns it if it was not our own. */
  watched(change: ObjectChange<KnownSecret>): TargetChange | undefined {
    if (change.kind === 'deleted') return this.#watchedDeletion(change.key, change.previous)
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
    const isInOrder = drifted.length === 0 && !metadataDrifted && lost.length === 0
    if (!isInOrder || known.replaces) return changeOf('changed', known, [...ownerNamesOf(known), ...lost])
    return isRewritten(before, known) ? changeOf('rewritten', known, ownerNamesOf(known)) : undefined
  }

  /** We have deleted it, or taken our label off; then `resourceVersion` is the version without. */
  release(target: TargetRef, uid: string, resourceVersion: string | undefined): void {
    const key = keyOf(target)
    this.#delete(key)
    this.#verified.delete(uid)
    this.#released.delete(key)
    this.#released.set(key, { uid, resourceVersion })
    const [oldest] = this.#released.keys()
    if (this.#released.size > MAX_RELEASED && oldest !== undefined) this.#released.delete(oldest)
  }

  /** It is gone, by what the watch has told before we heard of it. Returns what is to be told. */
  ended(known: KnownSecret): TargetChange | undefined {
    return this.#watchedDeletion(keyOf(known.observed.target), known)
  }

  /** It is gone, and no watch will tell. */
  forget(target: TargetRef): void {
    this.#delete(keyOf(target))
  }

  /** These keys hold what they should, whoever wrote them, as of `answer`. */
  settle(answer: KnownSecret, keys: Iterable<string>): void {
    const settledKeys = [...keys]
    const marks = settledKeys.flatMap((key) => {
      const mark = answer.suspects.get(key)
      return mark === undefined ? [] : [[key, mark] as const]
    })
    const { uid, resourceVersion } = answer.observed
    const broken = this.#verified.get(uid)?.broken
    for (const key of settledKeys) {
      if (compareResourceVersions(broken?.get(key) ?? '0', resourceVersion) <= 0) broken?.delete(key)
    }
    if (marks.length === 0) return
    const { settled } = this.#verifiedOf(answer)
    for (const [key, mark] of marks) settled.set(key, mark)
  }

  /** These keys may not hold what they should, although `managedFields` shows them as ours. Returns what is news to the owners. */
  suspect(secret: KnownSecret, keys: Iterable<string>): TargetChange | undefined {
    const { target, uid, resourceVersion } = secret.observed
    const { broken } = this.#verifiedOf(secret)
    for (const key of keys) broken.set(key, resourceVersion)
    const known = this.get(target)
    if (known?.observed.uid !== uid) return undefined
    const resolved = this.#resolved(known)
    this.#set(keyOf(target), resolved)
    return changeOf('changed', resolved, ownerNamesOf(resolved))
  }

  /** Records with digests of the real content, to be used as long as the annotation is what it is in `answer`. */
  replaceRecords(answer: KnownSecret, records: ReadonlyMap<string, OwnerRecord>): void {
    this.#verifiedOf(answer).records = { sum: answer.recordedSum, of: records }
  }

  /** It is immutable, whoever made it so. Returns whether that is new. */
  freeze(secret: KnownSecret): boolean {
    const verified = this.#verifiedOf(secret)
    const isNew = !verified.frozen
    verified.frozen = true
    return isNew
  }

  #watchedDeletion(key: string, previous: KnownSecret): TargetChange | undefined {
    const released = this.#released.get(key)
    if (released?.uid === previous.observed.uid) {
      this.#released.delete(key)
      return undefined
    }
    this.#verified.delete(previous.observed.uid)
    const known = this.#byTarget.get(key)
    const names = new Set([...ownerNamesOf(previous), ...(known ? ownerNamesOf(known) : [])])
    if (known && known.observed.uid !== previous.observed.uid) {
      // Made anew by one of its owners; the others have not heard yet.
      for (const name of known.observed.records.keys()) names.delete(name)
    } else {
      this.#delete(key)
    }
    const change = changeOf('deleted', previous, names)
    return change && { ...change, ...(previous.isCreatedLabelled ? {} : { madeByOthers: true }) }
  }

  /** Whether the watch tells of a state before we gave it up. */
  #isReleased(key: string, { observed }: KnownSecret): boolean {
    const released = this.#released.get(key)
    if (!released) return false
    const { uid, resourceVersion } = released
    if (uid === observed.uid && resourceVersion === undefined) return true
    if (resourceVersion !== undefined && compareResourceVersions(observed.resourceVersion, resourceVersion) <= 0)
      return true
    // Labelled again, or made anew, by somebody else.
    this.#released.delete(key)
    return false
  }

  #verifiedOf({ observed: { uid } }: KnownSecret): Verified {
    const verified: Verified = this.#verified.get(uid) ?? newVerified()
    this.#verified.set(uid, verified)
    return verified
  }

  #resolved(secret: KnownSecret): KnownSecret {
    const verified = this.#verified.get(secret.observed.uid)
    if (!verified) return secret
    const { settled, broken, records, frozen } = verified
    const suspects = [...secret.suspects].filter(([key, mark]) => settled.get(key) !== mark).map(([key]) => key)
    const recorded = broken.size === 0 ? undefined : recordedKeysOf(secret)
    const drifted = [...new Set([...suspects, ...[...broken.keys()].filter((key) => recorded?.has(key))])]
    const current = records?.sum === secret.recordedSum ? records.of : secret.recorded
    const immutable = frozen || secret.observed.immutable
    return { ...secret, observed: { ...secret.observed, drifted, records: current, immutable } }
  }

  #set(key: string, known: KnownSecret): void {
    this.#delete(key)
    this.#byTarget.set(key, known)
    if (known.replaces) this.#replacements.set(keyOf(known.replaces.target), known)
    for (const name of known.observed.records.keys()) {
      const owner = `${known.observed.target.namespace}/${name}`
      this.#byOwner.set(owner, [...(this.#byOwner.get(owner) ?? []), key])
    }
  }

  #delete(key: string): void {
    const known = this.#byTarget.get(key)
    if (!known) return
    this.#byTarget.delete(key)
    if (known.replaces) this.#replacements.delete(keyOf(known.replaces.target))
    for (const name of known.observed.records.keys()) {
      const owner = `${known.observed.target.namespace}/${name}`
      const others = (this.#byOwner.get(owner) ?? []).filter((other) => other !== key)
      if (others.length === 0) this.#byOwner.delete(owner)
      else this.#byOwner.set(owner, others)
    }
  }
}

function newVerified(): Verified {
  return { broken: new Map(), settled: new Map(), records: undefined, frozen: false }
}

/**
 * Whether a user may have written our keys under our field manager. `managedFields` has times in seconds: an edit in the same second
 * as our write is suspected where no other manager has written.
 */
function isUnexplained(before: KnownSecret | undefined, now: KnownSecret): boolean {
  if (before?.observed.uid !== now.observed.uid || before.recordedSum !== now.recordedSum) return false
  if (before.observed.resourceVersion === now.observed.resourceVersion) return false
  return before.ourWrites !== now.ourWrites || before.otherWrites === now.otherWrites
}

function isRewritten(before: KnownSecret | undefined, known: KnownSecret): boolean {
  return before !== undefined && before.recordedSum !== known.recordedSum
}

function isNewlyDrifted(before: KnownSecret | undefined, { observed }: KnownSecret): boolean {
  const known = new Set(before?.observed.drifted)
  return (
    (observed.metadataDrifted && !before?.observed.metadataDrifted) || observed.drifted.some((key) => !known.has(key))
  )
}

/** Undefined where there is nobody to tell. */
function changeOf(
  kind: TargetChange['kind'],
  { observed: { target } }: KnownSecret,
  owners: Iterable<string>,
): TargetChange | undefined {
  const ownerNames = [...new Set(owners)]
  return ownerNames.length === 0 ? undefined : { target, kind, ownerNames }
}

function keyOf({ namespace, name }: TargetRef): string {
  return `${namespace}/${name}`
}
