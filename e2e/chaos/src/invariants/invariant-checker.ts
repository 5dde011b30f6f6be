import { versionsIn } from '../workload/values.ts'
import type { ExpectedState, Role } from './expected-state.ts'
import { contentOf, type SecretSnapshot } from './secret-snapshot.ts'

/** The rules that a run may break. */
export type Rule =
  | 'no key vanishes'
  | 'no Secret vanishes'
  | 'a Secret appears whole'
  | 'a terminating resource gets no Secret'
  | 'no value goes back'
  | 'no value is made up'
  | 'no mix of versions'
  | 'nothing foreign changes'
  | 'nothing is written elsewhere'
  | 'a workload is restarted once for a change'
  | 'everything converges'
  | 'nothing is rewritten'
  | 'what was taken is given back'
  | 'a replica ends as it should'
  | 'the event loop stays free'
  | 'an outage is probed once a second'
  | 'values follow after an outage'
  | 'neighbours are served'

/**
 * A replica that knows too little may write that long after a resource was deleted: it is paused for ten seconds in the middle of a
 * write, and watches are silent or late for six.
 */
export const LATEST_WRITE_MS = 20_000

/** A broken rule. Names and versions, never values. */
export interface Violation {
  readonly rule: Rule
  /** `namespace/name`. */
  readonly object: string
  readonly expected: string
  readonly seen: string
}

/** Judges one step of each Secret from what it was and what was done on purpose. */
export class InvariantChecker {
  readonly #expectedState: ExpectedState
  /** Newest version seen, by Secret and secret at KMS. */
  readonly #newest = new Map<string, number>()
  /** Secrets of which there is a copy, */
  readonly #copied = new Set<string>()
  /** and those that are away for as long as there is one. */
  readonly #awaited = new Set<string>()
  /** Steps judged, for the table. */
  steps = 0

  constructor(expectedState: ExpectedState) {
    this.#expectedState = expectedState
  }

  check(target: string, before: SecretSnapshot | undefined, now: SecretSnapshot | undefined): Violation[] {
    this.steps += 1
    const found = this.#find(target, before, now)
    return found.map(([rule, expected, seen]) => ({ rule, object: target, expected, seen }))
  }

  #find(target: string, before: SecretSnapshot | undefined, now: SecretSnapshot | undefined): Finding[] {
    const role = this.#expectedState.roleOf(target)
    if (role === 'copy') return this.#copy(target, before, now)
    const isOther = before !== undefined && before.uid !== now?.uid
    const gone = isOther ? this.#gone(target, before, now) : []
    if (!now) return gone
    this.#awaited.delete(target)
    const same = isOther ? undefined : before
    return [...gone, ...(same ? [] : this.#created(now)), ...this.#present(target, same, now, role)]
  }

  #created({ ownerUid }: SecretSnapshot): Finding[] {
    const endedForMs = ownerUid === undefined ? 0 : this.#expectedState.endedForMs(ownerUid)
    if (endedForMs <= LATEST_WRITE_MS) return []
    const seen = `created ${(endedForMs / 1_000).toFixed(1)} s after its resource was deleted`
    return [['a terminating resource gets no Secret', 'no Secret until the resource is created again', seen]]
  }

  /** One that is made anew may be away as long as there is a copy of it; between two looks all of that may have passed. */
  #gone(target: string, before: SecretSnapshot, now: SecretSnapshot | undefined): Finding[] {
    if (this.#expectedState.mayGo(target, before) || (now && this.#expectedState.isRecreated(target))) return []
    if (!now && this.#copied.has(target)) {
      this.#awaited.add(target)
      return []
    }
    const expected = this.#expectedState.isOrphaned(before)
      ? 'it stays: its resource was deleted with the cascade Orphan'
      : 'it stays: neither it nor its owner was deleted'
    return [['no Secret vanishes', expected, 'it is gone']]
  }

  #present(
    target: string,
    before: SecretSnapshot | undefined,
    now: SecretSnapshot,
    role: Exclude<Role, 'copy'>,
  ): Finding[] {
    switch (role) {
      case 'ours':
      case 'shared':
        return [...this.#keys(target, before, now, role), ...this.#versions(target, now)]
      case 'foreign':
        return this.#foreign(target, before, now)
      case 'own':
        return this.#frozen(before, now)
      case 'unknown':
        return now.isOurs
          ? [['nothing is written elsewhere', 'no resource asks for it', 'the operator has written it']]
          : this.#frozen(before, now)
    }
  }

  #copy(copy: string, before: SecretSnapshot | undefined, now: SecretSnapshot | undefined): Finding[] {
    const target = this.#expectedState.copied(copy) ?? ''
    if (now) {
      this.#copied.add(target)
      // Each copy starts anew: one of a process that was overtaken is cleared, and never used.
      return [...this.#keys(target, undefined, now, 'ours'), ...this.#versions(target, now, now.uid)]
    }
    this.#copied.delete(target)
    if (!this.#awaited.has(target) || (before && this.#expectedState.mayGo(copy, before))) return []
    return [['no Secret vanishes', `it stays until ${target} is there again`, 'both are gone']]
  }

  /** What nobody works with stays as it was first seen. */
  #frozen(before: SecretSnapshot | undefined, now: SecretSnapshot): Finding[] {
    if (!before || (before.marks === now.marks && contentOf(before) === contentOf(now))) return []
    return [['nothing foreign changes', 'what it was before', 'other labels, owners, type or content']]
  }

  #foreign(target: string, before: SecretSnapshot | undefined, now: SecretSnapshot): Finding[] {
    const text = now.data.get('theirs') ?? now.data.get('secret') ?? ''
    const isTheirs = this.#expectedState.isForeign(target, text) && now.data.size === (now.data.has('theirs') ? 1 : 2)
    const isMarked = before !== undefined && before.marks !== now.marks
    if (isTheirs && !isMarked && !now.isOurs) return []
    const seen = now.isOurs
      ? 'the operator has written it'
      : isMarked
        ? 'its labels, owners or type changed'
        : `keys ${[...now.data.keys()].join(', ')}, or what they hold`
    return [['nothing foreign changes', 'what its owner has written', seen]]
  }

  #keys(target: string, before: SecretSnapshot | undefined, now: SecretSnapshot, role: 'ours' | 'shared'): Finding[] {
    const expectedState = this.#expectedState
    const base = [...expectedState.baseKeysOf(target), ...(role === 'shared' ? ['theirs'] : [])]
    const isIn = ({ data }: SecretSnapshot, key: string): boolean =>
      expectedState.namesOf(target, key).some((name) => data.has(name))
    const missing = base.filter((key) => !isIn(now, key))
    if (!before) {
      const required = missing.filter((key) => !expectedState.optionalKeysOf(target).includes(key))
      // Somebody else's Secret is there before our keys are.
      if (required.length === 0 || role === 'shared') return []
      return [['a Secret appears whole', `keys ${base.join(', ')}`, `without ${required.join(', ')}`]]
    }
    const newestOf = (secret: string): number => this.#newest.get(`${target} ${secret}`) ?? 0
    const lost = missing.filter(
      (key) =>
        isIn(before, key) &&
        !expectedState.mayDrop(target, key, before.resourceVersion, now.resourceVersion) &&
        !expectedState.mayBeLeftOut(target, key, newestOf),
    )
    if (lost.length === 0 || (!lost.includes('theirs') && expectedState.takeRelease(target))) return []
    return [['no key vanishes', `keys ${base.join(', ')}`, `without ${lost.join(', ')}`]]
  }

  /** @param story whose versions never go back */
  #versions(target: string, now: SecretSnapshot, story: string = target): Finding[] {
    const findings: Finding[] = []
    const bySecret = new Map<string, Map<number, string>>()
    for (const [key, text] of now.data) {
      const versions = versionsIn(text)
      const isKnown = versions.length > 0 || this.#expectedState.isEdit(target, key, text)
      if (!isKnown && !(key === 'theirs' && this.#expectedState.isForeign(target, text))) {
        findings.push([
          'no value is made up',
          `key ${key} from a version of a secret at KMS, or from who edited it`,
          `${text.length} characters of no origin`,
        ])
      }
      for (const { secret, version } of versions) {
        bySecret.set(secret, (bySecret.get(secret) ?? new Map<number, string>()).set(version, key))
      }
    }
    for (const [secret, versions] of bySecret) findings.push(...this.#ofSecret(story, secret, versions))
    return findings
  }

  #ofSecret(story: string, secret: string, versions: ReadonlyMap<number, string>): Finding[] {
    const told = [...versions].map(([version, key]) => `${key} of version ${version}`).join(', ')
    if (versions.size > 1) return [['no mix of versions', `all keys of ${secret} of one version`, told]]
    const [version = 0] = versions.keys()
    const id = `${story} ${secret}`
    const newest = this.#newest.get(id) ?? 0
    if (version < newest) return [['no value goes back', `version ${newest} of ${secret} or a newer one`, told]]
    if (version > this.#expectedState.versionOf(secret)) {
      return [['no value is made up', `version ${this.#expectedState.versionOf(secret)} of ${secret} at most`, told]]
    }
    this.#newest.set(id, version)
    return []
  }
}

type Finding = readonly [rule: Rule, expected: string, seen: string]
