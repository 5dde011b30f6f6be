import { versionsIn } from '../workload/values.ts'
import type { ExpectedState, Role } from './expected-state.ts'
import { GeneratedValues } from './generated-values.ts'
import { contentOf, type SecretSnapshot } from './secret-snapshot.ts'

/** Invariants of a run. */
export type Rule =
  | 'no key vanishes'
  | 'no Secret vanishes'
  | 'a new Secret is complete'
  | 'a terminating resource gets no Secret'
  | 'no value goes back'
  | 'no value is made up'
  | 'a generated value stays'
  | 'no mix of versions'
  | 'foreign Secrets stay unchanged'
  | 'nothing is written elsewhere'
  | 'a workload is restarted once for a change'
  | 'everything converges'
  | 'nothing is rewritten'
  | 'resources are released'
  | 'a replica exits cleanly'
  | 'the event loop stays free'
  | 'an outage is probed once a second'
  | 'values follow after an outage'
  | 'neighbours are served'

/**
 * Latest write of a replica with a stale cache after the deletion of a resource: a replica is paused for ten seconds during a
 * write, and watches are silent or late for six.
 */
export const LATEST_WRITE_MS = 20_000

/** A broken rule, with names and versions but no values. */
export interface Violation {
  readonly rule: Rule
  /** `namespace/name`. */
  readonly object: string
  readonly expected: string
  readonly seen: string
}

/** Checks each change of a Secret against its previous state and the expected state. */
export class InvariantChecker {
  readonly #expectedState: ExpectedState
  readonly #generated: GeneratedValues
  /** Newest observed version, by Secret and KMS secret. */
  readonly #newest = new Map<string, number>()
  /** Secrets that have a replacement. */
  readonly #copied = new Set<string>()
  /** Secrets that may be absent while they have a replacement. */
  readonly #awaited = new Set<string>()
  /** Number of checked changes, for the table. */
  steps = 0

  constructor(expectedState: ExpectedState) {
    this.#expectedState = expectedState
    this.#generated = new GeneratedValues(expectedState)
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

  /** A Secret that is recreated may be absent while a replacement exists. All of that may happen between two observations. */
  #gone(target: string, before: SecretSnapshot, now: SecretSnapshot | undefined): Finding[] {
    if (this.#expectedState.mayGo(target, before) || (now && this.#expectedState.isRecreated(target))) return []
    if (!now && this.#copied.has(target)) {
      this.#awaited.add(target)
      return []
    }
    const expected = this.#expectedState.isOrphaned(before)
      ? 'it stays, because its resource was deleted with the cascade Orphan'
      : 'it stays, because neither it nor its owner was deleted'
    return [['no Secret vanishes', expected, 'it is deleted']]
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
        return [
          ...this.#keys(target, before, now, role),
          ...this.#versions(target, now),
          ...this.#ofGenerated(target, before, now),
        ]
      case 'foreign':
        return this.#foreign(target, before, now)
      case 'own':
        return this.#unchanged(before, now)
      case 'unknown':
        return now.isOurs
          ? [['nothing is written elsewhere', 'no resource uses it', 'the operator has written it']]
          : this.#unchanged(before, now)
    }
  }

  #copy(copy: string, before: SecretSnapshot | undefined, now: SecretSnapshot | undefined): Finding[] {
    const target = this.#expectedState.copied(copy) ?? ''
    if (now) {
      this.#copied.add(target)
      // Versions of each replacement are tracked separately, because a replacement of a former leader is deleted and never used.
      return [...this.#keys(target, undefined, now, 'ours'), ...this.#versions(target, now, now.uid)]
    }
    this.#copied.delete(target)
    if (!this.#awaited.has(target) || (before && this.#expectedState.mayGo(copy, before))) return []
    return [['no Secret vanishes', `it stays until ${target} exists again`, 'both are deleted']]
  }

  /** A Secret that no client changes stays as first observed. */
  #unchanged(before: SecretSnapshot | undefined, now: SecretSnapshot): Finding[] {
    if (!before || (before.marks === now.marks && contentOf(before) === contentOf(now))) return []
    return [['foreign Secrets stay unchanged', 'no change', 'other labels, owners, type or content']]
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
        : `keys ${[...now.data.keys()].join(', ')}, or their values`
    return [['foreign Secrets stay unchanged', 'the content that its owner wrote', seen]]
  }

  #keys(target: string, before: SecretSnapshot | undefined, now: SecretSnapshot, role: 'ours' | 'shared'): Finding[] {
    const expectedState = this.#expectedState
    const base = [...expectedState.baseKeysOf(target), ...(role === 'shared' ? ['theirs'] : [])]
    const isIn = ({ data }: SecretSnapshot, key: string): boolean =>
      expectedState.namesOf(target, key).some((name) => data.has(name))
    const missing = base.filter((key) => !isIn(now, key))
    if (!before) {
      const required = missing.filter((key) => !expectedState.optionalKeysOf(target).includes(key))
      // A Secret of another owner exists before the managed keys.
      if (required.length === 0 || role === 'shared') return []
      return [['a new Secret is complete', `keys ${base.join(', ')}`, `without ${required.join(', ')}`]]
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

  #ofGenerated(target: string, before: SecretSnapshot | undefined, now: SecretSnapshot): Finding[] {
    const seen = this.#generated.check(target, before, now)
    return seen === undefined
      ? []
      : [['a generated value stays', 'its value until its rotation, or that of a user', seen]]
  }

  /** @param history name of the Secret or copy whose versions must not go back */
  #versions(target: string, now: SecretSnapshot, history: string = target): Finding[] {
    const findings: Finding[] = []
    const bySecret = new Map<string, Content[]>()
    for (const [key, text] of now.data) {
      const versions = versionsIn(text)
      if (this.#expectedState.isGenerated(target, key)) continue
      const isKnown = versions.length > 0 || this.#expectedState.isEdit(target, key, text)
      if (!isKnown && !(key === 'theirs' && this.#expectedState.isForeign(target, text))) {
        findings.push([
          'no value is made up',
          `key ${key} from a version of a KMS secret, or from a user's edit`,
          `${text.length} characters of unknown origin`,
        ])
      }
      const group = this.#expectedState.groupOf(target, key)
      for (const { secret, version } of versions) {
        bySecret.set(secret, [...(bySecret.get(secret) ?? []), { key, group, version }])
      }
    }
    for (const [secret, contents] of bySecret) findings.push(...this.#ofSecret(history, secret, contents))
    return findings
  }

  #ofSecret(history: string, secret: string, contents: readonly Content[]): Finding[] {
    const found = contents.map(({ key, version }) => `${key} of version ${version}`).join(', ')
    const isMixed = contents.some(({ group, version }) =>
      contents.some((other) => other.group === group && other.version !== version),
    )
    if (isMixed) return [['no mix of versions', `all keys of ${secret} of one version`, found]]
    const version = Math.max(...contents.map((content) => content.version))
    const id = `${history} ${secret}`
    const newest = this.#newest.get(id) ?? 0
    if (version < newest) return [['no value goes back', `version ${newest} of ${secret} or a newer one`, found]]
    if (version > this.#expectedState.versionOf(secret)) {
      return [['no value is made up', `version ${this.#expectedState.versionOf(secret)} of ${secret} at most`, found]]
    }
    this.#newest.set(id, version)
    return []
  }
}

/** A key with a value of a KMS secret. */
interface Content {
  readonly key: string
  readonly group: string
  readonly version: number
}

type Finding = readonly [rule: Rule, expected: string, seen: string]
