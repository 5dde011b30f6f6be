import {
  baseKeysOf,
  copyOf,
  DIGEST_KEY,
  FOREIGN,
  GENERATED_KEY,
  hasGenerated,
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

/** Expected state: all intended changes, recorded before they happen. Every legal state of a Secret follows from it. */
export class ExpectedState {
  readonly #versions = new Map<string, number>()
  readonly #nowMs: () => number
  readonly #ended = new Map<string, number>()
  /** `owner-uid uid` of each orphaned object. */
  readonly #orphaned = new Set<string>()
  /** Uid of the ClusterExternalSecret that created an ExternalSecret, by the uid of the ExternalSecret. */
  readonly #creators = new Map<string, string>()
  readonly #endedNamespaces = new Set<string>()
  readonly #drops = new Map<string, readonly number[]>()
  readonly #releases = new Map<string, number>()
  readonly #absentAt = new Map<string, number>()
  readonly #renamed = new Set<string>()
  readonly #edits = new Set<string>()
  readonly #unrecorded = new Set<string>()
  readonly #foreign = new Map<string, Set<string>>()
  readonly #targets = new Map<string, ChaosResource>(
    RESOURCES.filter(({ kind }) => kind !== 'conflict').map((resource) => [targetOf(resource), resource]),
  )
  /** Recreated Secrets, by the name of the replacement. */
  readonly #copied = new Map<string, string>(
    RESOURCES.filter(({ kind }) => kind === 'immutable')
      .map(targetOf)
      .map((target) => [copyOf(target), target]),
  )

  /** @param nowMs a monotonic clock */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Latest version that KMS may have returned. */
  versionOf(secret: string): number {
    return this.#versions.get(secret) ?? 1
  }

  /** Records a new version before it is written to KMS. */
  rotate(secret: string): number {
    const version = this.versionOf(secret) + 1
    this.#versions.set(secret, version)
    return version
  }

  /** Allows a Secret for this resource. */
  expect(resource: ChaosResource): void {
    this.#targets.set(targetOf(resource), resource)
  }

  /** Keys that the Secret always has. */
  baseKeysOf(target: string): readonly string[] {
    const resource = this.#targets.get(target)
    return resource ? baseKeysOf(resource) : []
  }

  /** Whether the value of this key is generated. */
  isGenerated(target: string, key: string): boolean {
    const resource = this.#targets.get(target)
    return key === GENERATED_KEY && resource !== undefined && hasGenerated(resource)
  }

  /** A monotonic time in milliseconds. */
  nowMs(): number {
    return this.#nowMs()
  }

  /** Keys that are omitted while their secret is absent. */
  optionalKeysOf(target: string): readonly string[] {
    const resource = this.#targets.get(target)
    return resource ? optionalKeysOf(resource) : []
  }

  /**
   * Allows the deletion of the object with that uid. Its dependents are deleted with it, including those that a replica with a
   * stale cache creates.
   */
  allowEndOf(uid: string): void {
    if (!this.#ended.has(uid)) this.#ended.set(uid, this.#nowMs())
  }

  /** Allows the deletion of a namespace with everything in it. Its name is never used again. */
  allowEndOfNamespace(namespace: string): void {
    this.#endedNamespaces.add(namespace)
  }

  /** Milliseconds since the deletion of the object with that uid; 0 if it was not deleted. */
  endedForMs(uid: string): number {
    const endedMs = this.#ended.get(uid)
    return endedMs === undefined ? 0 : this.#nowMs() - endedMs
  }

  /** Records a Secret or ExternalSecret that stays because its owner is deleted with the cascade `Orphan`. */
  orphan(ownerUid: string, uid: string): void {
    this.#orphaned.add(`${ownerUid} ${uid}`)
  }

  /** Records the ClusterExternalSecret that created the ExternalSecret with that uid. */
  recordCreator(uid: string, creatorUid: string): void {
    this.#creators.set(uid, creatorUid)
  }

  /** Whether an ExternalSecret may be deleted with the ClusterExternalSecret that created it. */
  goesWithCreator(uid: string): boolean {
    const creatorUid = this.#creators.get(uid)
    return creatorUid !== undefined && this.#ended.has(creatorUid) && !this.#orphaned.has(`${creatorUid} ${uid}`)
  }

  isOrphaned({ uid, ownerUid }: Pick<SecretSnapshot, 'uid' | 'ownerUid'>): boolean {
    return this.#orphaned.has(`${ownerUid ?? ''} ${uid}`)
  }

  /** Whether a Secret may be deleted: it or its owner was deleted. */
  mayGo(target: string, { uid, ownerUid }: Pick<SecretSnapshot, 'uid' | 'ownerUid'>): boolean {
    const isOwnerEnded =
      ownerUid !== undefined &&
      (this.#ended.has(ownerUid) || this.goesWithCreator(ownerUid)) &&
      !this.isOrphaned({ uid, ownerUid })
    return this.#ended.has(uid) || isOwnerEnded || this.#endedNamespaces.has(target.slice(0, target.indexOf('/')))
  }

  /** Allows the removal of a key from a Secret at exactly that resourceVersion. */
  allowDrop(target: string, key: string, version: string): void {
    this.#drops.set(`${target} ${key}`, [...(this.#drops.get(`${target} ${key}`) ?? []), Number(version)])
  }

  /** Whether a key may be removed between these two resourceVersions. */
  mayDrop(target: string, key: string, before: string, now: string): boolean {
    return (this.#drops.get(`${target} ${key}`) ?? []).some((at) => Number(before) <= at && at < Number(now))
  }

  /** Allows the removal of the keys of a deleted resource with `Merge`: all at once, or none if the next resource adopts them. */
  allowRelease(target: string): void {
    this.#releases.set(target, (this.#releases.get(target) ?? 0) + 1)
  }

  /** Whether keys may be removed because their resource was deleted. Consumes the permission. */
  takeRelease(target: string): boolean {
    const allowed = this.#releases.get(target) ?? 0
    if (allowed > 0) this.#releases.set(target, allowed - 1)
    return allowed > 0
  }

  /** Records the deletion of a KMS secret. A secret that is created later has a newer version. */
  markAbsent(secret: string): void {
    this.#absentAt.set(secret, this.versionOf(secret))
  }

  /** Whether a key may be omitted: its secret was absent after the newest version that the Secret had. */
  mayBeLeftOut(target: string, key: string, newestOf: (secret: string) => number): boolean {
    const secret = this.#targets.get(target)?.secrets[1] ?? ''
    return this.optionalKeysOf(target).includes(key) && newestOf(secret) <= (this.#absentAt.get(secret) ?? 0)
  }

  /** Allows renamed keys: each key has its old or new name as soon as its secret can be read. */
  allowNames(target: string, { keys, misspelt }: Naming): void {
    if (keys === 'same') return
    for (const key of this.baseKeysOf(target).filter((each) => placeOf(each) !== misspelt)) {
      this.#renamed.add(`${target} ${key}`)
    }
  }

  /** Allowed names of a key. */
  namesOf(target: string, key: string): readonly string[] {
    return this.#renamed.has(`${target} ${key}`) ? [key, renamedKeyOf(key)] : [key]
  }

  /** Allows a user to write this text to a managed key. */
  allowEdit(target: string, key: string, text: string): void {
    this.#edits.add(`${target} ${key} ${text}`)
  }

  isEdit(target: string, key: string, text: string): boolean {
    return this.#edits.has(`${target} ${key} ${text}`)
  }

  /** Records that a user removed the records of a Secret. Keys that leave the spec before the records are restored count as theirs. */
  recordsRemoved(target: string): void {
    this.#unrecorded.add(target)
  }

  /**
   * Keys that change together. Without its records a Secret may keep the keys of a former spec: those with the other names, and
   * those that the spec has only at times.
   */
  groupOf(target: string, key: string): string {
    if (!this.#unrecorded.has(target)) return ''
    const base = this.baseKeysOf(target)
    if (base.includes(key)) return 'spec'
    return base.some((each) => renamedKeyOf(each) === key) ? 'renamed' : key
  }

  /** Allows a user to write this text to their own Secret or key. */
  allowForeign(target: string, text: string): void {
    const states = this.#foreign.get(target) ?? new Set()
    this.#foreign.set(target, states.add(text))
  }

  isForeign(target: string, text: string): boolean {
    return this.#foreign.get(target)?.has(text) ?? false
  }

  /** Name of the Secret that this copy replaces while it is recreated; undefined if it is no copy. */
  copied(copy: string): string | undefined {
    return this.#copied.get(copy)
  }

  /** Whether each change recreates the Secret, because Kubernetes cannot change it in place. */
  isRecreated(target: string): boolean {
    return this.#targets.get(target)?.kind === 'immutable'
  }

  /** Role of a Secret. */
  roleOf(target: string): Role {
    const name = target.slice(target.indexOf('/') + 1)
    if ((FOREIGN as readonly string[]).includes(name)) return 'foreign'
    if ((SHARED as readonly string[]).includes(name)) return 'shared'
    if (this.#targets.has(target)) return 'ours'
    if (this.#copied.has(target)) return 'copy'
    return target === `${SYSTEM_NAMESPACE}/${DIGEST_KEY}` ? 'own' : 'unknown'
  }
}

/** Role of a Secret: managed, shared with another owner, a replacement, the operator's own, of another owner, or unknown. */
export type Role = 'ours' | 'shared' | 'copy' | 'own' | 'foreign' | 'unknown'
