import { versionsIn } from '../world/values.ts'
import type { Ledger } from './ledger.ts'

/** A Secret at one moment, as the API server shows it. */
export interface SeenSecret {
  readonly uid: string
  readonly resourceVersion: string
  /** Uid of the object that it goes with; undefined where there is none. */
  readonly ownerUid: string | undefined
  /** Texts of its keys. */
  readonly data: ReadonlyMap<string, string>
  /** Labels, owner references and type: of somebody else's Secret nothing of it may change. */
  readonly marks: string
  /** It says of itself that a workload is still to be restarted for it. */
  readonly isRestartDue: boolean
}

/** The rules that a run may break. */
export type Rule =
  | 'no key vanishes'
  | 'no Secret vanishes'
  | 'a Secret appears whole'
  | 'no value goes back'
  | 'no value is made up'
  | 'no mix of versions'
  | 'nothing foreign changes'
  | 'a workload is restarted once for a change'
  | 'everything converges'
  | 'nothing is rewritten'
  | 'what was taken is given back'
  | 'a replica ends as it should'

/** A broken rule. Names and versions, never values. */
export interface Violation {
  readonly rule: Rule
  /** `namespace/name`. */
  readonly object: string
  readonly expected: string
  readonly seen: string
}

/** Judges one step of each Secret from what it was and what was done on purpose. */
export class Judge {
  readonly #ledger: Ledger
  /** Newest version seen, by Secret and secret at KMS. */
  readonly #newest = new Map<string, number>()
  /** Steps judged, for the table. */
  steps = 0

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  judge(target: string, before: SeenSecret | undefined, now: SeenSecret | undefined): Violation[] {
    this.steps += 1
    const found = this.#find(target, before, now)
    return found.map(([rule, expected, seen]) => ({ rule, object: target, expected, seen }))
  }

  #find(target: string, before: SeenSecret | undefined, now: SeenSecret | undefined): Finding[] {
    const role = this.#ledger.roleOf(target)
    if (role === 'unknown') return []
    if (!now) {
      if (!before || this.#ledger.takeDeletion(target, before.ownerUid)) return []
      return [['no Secret vanishes', 'it stays: nobody deleted it or what it belongs to', 'it is gone']]
    }
    const isOther = before !== undefined && before.uid !== now.uid
    // Deleted and made anew between two looks.
    const gone = isOther ? this.#find(target, before, undefined) : []
    const same = isOther ? undefined : before
    if (role === 'foreign') return [...gone, ...this.#foreign(target, same, now)]
    return [...gone, ...this.#keys(target, same, now, role), ...this.#versions(target, now)]
  }

  #foreign(target: string, before: SeenSecret | undefined, now: SeenSecret): Finding[] {
    const text = now.data.get('theirs') ?? now.data.get('secret') ?? ''
    const isTheirs = this.#ledger.isForeign(target, text) && now.data.size === (now.data.has('theirs') ? 1 : 2)
    const isMarked = before !== undefined && before.marks !== now.marks
    if (isTheirs && !isMarked) return []
    const seen = isMarked
      ? 'its labels, owners or type changed'
      : `keys ${[...now.data.keys()].join(', ')}, or what they hold`
    return [['nothing foreign changes', 'what its owner has written', seen]]
  }

  #keys(target: string, before: SeenSecret | undefined, now: SeenSecret, role: 'ours' | 'shared'): Finding[] {
    const base = [...this.#ledger.baseKeysOf(target), ...(role === 'shared' ? ['theirs'] : [])]
    const missing = base.filter((key) => !now.data.has(key))
    if (!before) {
      const required = missing.filter((key) => !this.#ledger.optionalKeysOf(target).includes(key))
      // Somebody else's Secret is there before our keys are.
      if (required.length === 0 || role === 'shared') return []
      return [['a Secret appears whole', `keys ${base.join(', ')}`, `without ${required.join(', ')}`]]
    }
    const lost = missing.filter((key) => before.data.has(key) && !this.#ledger.takeDrop(target, key))
    return lost.length === 0 ? [] : [['no key vanishes', `keys ${base.join(', ')}`, `without ${lost.join(', ')}`]]
  }

  #versions(target: string, now: SeenSecret): Finding[] {
    const findings: Finding[] = []
    const bySecret = new Map<string, Map<number, string>>()
    for (const [key, text] of now.data) {
      const versions = versionsIn(text)
      const isKnown = versions.length > 0 || this.#ledger.isEdit(target, key, text)
      if (!isKnown && !(key === 'theirs' && this.#ledger.isForeign(target, text))) {
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
    for (const [secret, versions] of bySecret) findings.push(...this.#ofSecret(target, secret, versions))
    return findings
  }

  #ofSecret(target: string, secret: string, versions: ReadonlyMap<number, string>): Finding[] {
    const told = [...versions].map(([version, key]) => `${key} of version ${version}`).join(', ')
    if (versions.size > 1) return [['no mix of versions', `all keys of ${secret} of one version`, told]]
    const [version = 0] = versions.keys()
    const id = `${target} ${secret}`
    const newest = this.#newest.get(id) ?? 0
    if (version < newest) return [['no value goes back', `version ${newest} of ${secret} or a newer one`, told]]
    if (version > this.#ledger.versionOf(secret)) {
      return [['no value is made up', `version ${this.#ledger.versionOf(secret)} of ${secret} at most`, told]]
    }
    this.#newest.set(id, version)
    return []
  }
}

type Finding = readonly [rule: Rule, expected: string, seen: string]
