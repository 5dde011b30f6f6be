import {
  baseKeysOf,
  copyOf,
  DIGEST_KEY,
  FOREIGN,
  optionalKeysOf,
  placeOf,
  renamedKeyOf,
  RESOURCES,
  SHARED,
  SYSTEM_NAMESPACE,
  targetOf,
  type ChaosResource,
} from '../workload/resources.ts'
import type { Naming } from '../workload/specs.ts'
import type { SecretSnapshot } from './secret-snapshot.ts'

/** What was done on purpose, noted before it is done: all that a Secret may show is somewhere in here. */
export class ExpectedState {
  readonly #versions = new Map<string, number>()
  readonly #nowMs: () => number
  readonly #ended = new Map<string, number>()
  /** `owner uid` and uid of what stays. */
  readonly #orphaned = new Set<string>()
  /** Uid of the ClusterExternalSecret that made an ExternalSecret, by the uid of the ExternalSecret. */
  readonly #creators = new Map<string, string>()
  readonly #endedNamespaces = new Set<string>()
  readonly #drops = new Map<string, readonly number[]>()
  readonly #releases = new Map<string, number>()
  readonly #absentAt = new Map<string, number>()
  readonly #renamed = new Set<string>()
  readonly #edits = new Set<string>()
  readonly #foreign = new Map<string, Set<string>>()
  readonly #targets = new Map<string, ChaosResource>(
    RESOURCES.filter(({ kind }) => kind !== 'conflict').map((resource) => [targetOf(resource), resource]),
  )
  /** Of what is made anew, by the name of its copy. */
  readonly #copied = new Map<string, string>(
    RESOURCES.filter(({ kind }) => kind === 'immutable')
      .map(targetOf)
      .map((target) => [copyOf(target), target]),
  )

  /** @param nowMs a clock that never goes back */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Latest version that KMS may have given. */
  versionOf(secret: string): number {
    return this.#versions.get(secret) ?? 1
  }

  /** A new version is on its way to KMS. */
  rotate(secret: string): number {
    const version = this.versionOf(secret) + 1
    this.#versions.set(secret, version)
    return version
  }

  /** A Secret for this resource may appear as well. */
  expect(resource: ChaosResource): void {
    this.#targets.set(targetOf(resource), resource)
  }

  /** Keys that the Secret must have, whatever else happens. */
  baseKeysOf(target: string): readonly string[] {
    const resource = this.#targets.get(target)
    return resource ? baseKeysOf(resource) : []
  }

  /** Those of the keys that are left out while their secret is absent. */
  optionalKeysOf(target: string): readonly string[] {
    const resource = this.#targets.get(target)
    return resource ? optionalKeysOf(resource) : []
  }

  /**
   * Somebody is about to delete the object of that uid. What belongs to it goes with it, also what is made for it by somebody who
   * has not heard yet.
   */
  allowEndOf(uid: string): void {
    if (!this.#ended.has(uid)) this.#ended.set(uid, this.#nowMs())
  }

  /** Somebody is about to delete a namespace whose name never comes again; all that is in there goes with it. */
  allowEndOfNamespace(namespace: string): void {
    this.#endedNamespaces.add(namespace)
  }

  /** For how long the object of that uid has been terminating or gone, in milliseconds; 0 where nothing has deleted it. */
  endedForMs(uid: string): number {
    const endedMs = this.#ended.get(uid)
    return endedMs === undefined ? 0 : this.#nowMs() - endedMs
  }

  /** The owner is about to be deleted with the cascade `Orphan`: this Secret, or ExternalSecret, stays. */
  orphan(ownerUid: string, uid: string): void {
    this.#orphaned.add(`${ownerUid} ${uid}`)
  }

  /** A ClusterExternalSecret has made the ExternalSecret of that uid. */
  recordCreator(uid: string, creatorUid: string): void {
    this.#creators.set(uid, creatorUid)
  }

  /** Whether an ExternalSecret may go with the ClusterExternalSecret that made it. */
  goesWithCreator(uid: string): boolean {
    const creatorUid = this.#creators.get(uid)
    return creatorUid !== undefined && this.#ended.has(creatorUid) && !this.#orphaned.has(`${creatorUid} ${uid}`)
  }

  isOrphaned({ uid, ownerUid }: Pick<SecretSnapshot, 'uid' | 'ownerUid'>): boolean {
    return this.#orphaned.has(`${ownerUid ?? ''} ${uid}`)
  }

  /** Whether a Secret may go: this very one was deleted, or what it belongs to. */
  mayGo(target: string, { uid, ownerUid }: Pick<SecretSnapshot, 'uid' | 'ownerUid'>): boolean {
    const isOwnerEnded =
      ownerUid !== undefined &&
      (this.#ended.has(ownerUid) || this.goesWithCreator(ownerUid)) &&
      !this.isOrphaned({ uid, ownerUid })
    return this.#ended.has(uid) || isOwnerEnded || this.#endedNamespaces.has(target.slice(0, target.indexOf('/')))
  }

  /** Somebody is about to take a key out of a Secret as it is in that resourceVersion, and in no other. */
  allowDrop(target: string, key: string, version: string): void {
    this.#drops.set(`${target} ${key}`, [...(this.#drops.get(`${target} ${key}`) ?? []), Number(version)])
  }

  /** Whether a key may have gone between these two resourceVersions. */
  mayDrop(target: string, key: string, before: string, now: string): boolean {
    return (this.#drops.get(`${target} ${key}`) ?? []).some((at) => Number(before) <= at && at < Number(now))
  }

  /** A resource that has merged its keys into a Secret is about to be deleted: they go, all at once, or stay for the next one. */
  allowRelease(target: string): void {
    this.#releases.set(target, (this.#releases.get(target) ?? 0) + 1)
  }

  /** Whether keys may go because their resource has gone; uses that up. */
  takeRelease(target: string): boolean {
    const allowed = this.#releases.get(target) ?? 0
    if (allowed > 0) this.#releases.set(target, allowed - 1)
    return allowed > 0
  }

  /** A secret is about to be deleted at KMS; what comes in its place is a newer version. */
  markAbsent(secret: string): void {
    this.#absentAt.set(secret, this.versionOf(secret))
  }

  /** Whether a key may be left out: its secret was absent since it was of the newest version that the Secret has held. */
  mayBeLeftOut(target: string, key: string, newestOf: (secret: string) => number): boolean {
    const secret = this.#targets.get(target)?.secrets[1] ?? ''
    return this.optionalKeysOf(target).includes(key) && newestOf(secret) <= (this.#absentAt.get(secret) ?? 0)
  }

  /** Somebody is about to give keys other names: from then on each is there under one of its two, once its secret can be read. */
  allowNames(target: string, { keys, misspelt }: Naming): void {
    if (keys === 'same') return
    for (const key of this.baseKeysOf(target).filter((each) => placeOf(each) !== misspelt)) {
      this.#renamed.add(`${target} ${key}`)
    }
  }

  /** Names that a key may have. */
  namesOf(target: string, key: string): readonly string[] {
    return this.#renamed.has(`${target} ${key}`) ? [key, renamedKeyOf(key)] : [key]
  }

  /** Somebody is about to write this text into a key of ours. */
  allowEdit(target: string, key: string, text: string): void {
    this.#edits.add(`${target} ${key} ${text}`)
  }

  isEdit(target: string, key: string, text: string): boolean {
    return this.#edits.has(`${target} ${key} ${text}`)
  }

  /** Somebody is about to write this into a Secret, or a key, of his own. */
  allowForeign(target: string, text: string): void {
    const states = this.#foreign.get(target) ?? new Set()
    this.#foreign.set(target, states.add(text))
  }

  isForeign(target: string, text: string): boolean {
    return this.#foreign.get(target)?.has(text) ?? false
  }

  /** What a Secret is the copy of while that is made anew; undefined where it is none. */
  copied(copy: string): string | undefined {
    return this.#copied.get(copy)
  }

  /** Whether Kubernetes cannot change it in place, so that it goes for a moment with each change. */
  isRecreated(target: string): boolean {
    return this.#targets.get(target)?.kind === 'immutable'
  }

  /** Whose Secret it is: of a resource, or in its stead; of the operator itself; of others. */
  roleOf(target: string): Role {
    const name = target.slice(target.indexOf('/') + 1)
    if ((FOREIGN as readonly string[]).includes(name)) return 'foreign'
    if ((SHARED as readonly string[]).includes(name)) return 'shared'
    if (this.#targets.has(target)) return 'ours'
    if (this.#copied.has(target)) return 'copy'
    return target === `${SYSTEM_NAMESPACE}/${DIGEST_KEY}` ? 'own' : 'unknown'
  }
}

/** Whose a Secret is. */
export type Role = 'ours' | 'shared' | 'copy' | 'own' | 'foreign' | 'unknown'
