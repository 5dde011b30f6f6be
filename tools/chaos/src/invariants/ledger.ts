import {
  baseKeysOf,
  FOREIGN,
  optionalKeysOf,
  RESOURCES,
  SHARED,
  targetOf,
  type WorldResource,
} from '../world/resources.ts'

/** What was done on purpose, noted before it is done: all that a Secret may show is somewhere in here. */
export class Ledger {
  readonly #versions = new Map<string, number>()
  readonly #deletions = new Map<string, number>()
  readonly #deadOwners = new Set<string>()
  readonly #drops = new Map<string, number>()
  readonly #edits = new Set<string>()
  readonly #foreign = new Map<string, Set<string>>()
  readonly #targets = new Map<string, WorldResource>(
    RESOURCES.filter(({ kind }) => kind !== 'conflict').map((resource) => [targetOf(resource), resource]),
  )

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
  expect(resource: WorldResource): void {
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
  allowEndOf(ownerUid: string): void {
    this.#deadOwners.add(ownerUid)
  }

  /** Whether the object of that uid has been deleted, or is about to be. */
  hasEnded(ownerUid: string): boolean {
    return this.#deadOwners.has(ownerUid)
  }

  /** Somebody is about to delete the Secret, or its namespace; each allows one deletion. */
  allowDeletion(target: string): void {
    this.#deletions.set(target, (this.#deletions.get(target) ?? 0) + 1)
  }

  /** Whether a deletion was asked for; uses it up. */
  takeDeletion(target: string, ownerUid: string | undefined): boolean {
    if (ownerUid !== undefined && this.#deadOwners.has(ownerUid)) return true
    const allowed = this.#deletions.get(target) ?? 0
    if (allowed > 0) this.#deletions.set(target, allowed - 1)
    return allowed > 0 || this.#targets.get(target)?.kind === 'immutable'
  }

  /** Somebody is about to take a key out. */
  allowDrop(target: string, key: string): void {
    const id = `${target} ${key}`
    this.#drops.set(id, (this.#drops.get(id) ?? 0) + 1)
  }

  takeDrop(target: string, key: string): boolean {
    const id = `${target} ${key}`
    const allowed = this.#drops.get(id) ?? 0
    if (allowed > 0) this.#drops.set(id, allowed - 1)
    return allowed > 0
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

  /** Whose Secret it is. */
  roleOf(target: string): 'ours' | 'foreign' | 'shared' | 'unknown' {
    const name = target.slice(target.indexOf('/') + 1)
    if ((FOREIGN as readonly string[]).includes(name)) return 'foreign'
    if ((SHARED as readonly string[]).includes(name)) return 'shared'
    return this.#targets.has(target) ? 'ours' : 'unknown'
  }
}
