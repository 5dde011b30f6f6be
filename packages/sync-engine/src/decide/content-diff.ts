import type { KeyRecord, OwnerRecord } from '@ack-secret-manager/core'
import type { DesiredKey, DesiredSecret, EntryFailure } from '../model/desired-secret.ts'
import type { ExistingSecret } from './observation.ts'
import { isFrom, isRendered } from '../model/template-provenance.ts'

/** How the content of a target of ours differs from what is desired. */
export interface ContentDiff {
  readonly set: readonly (readonly [string, DesiredKey])[]
  readonly remove: readonly string[]
  /** Keys that could not be read this time and keep what they hold. */
  readonly carried: ReadonlyMap<string, KeyRecord>
  /** There is something to be written, */
  readonly isAny: boolean
  /** and that not only because somebody else has changed it. */
  readonly isNew: boolean
}

/** Compares by digests, and by nothing else. */
export function diffContent(
  desired: DesiredSecret,
  { secret: observed, inspected }: ExistingSecret,
  record: OwnerRecord,
): ContentDiff {
  const carried = carriedKeys(desired, record)
  const drifted = new Set(observed.drifted)
  const differs = (key: string, { digest }: DesiredKey): boolean => record.keys.get(key)?.digest !== digest
  // Who has looked into it knows what somebody else has left there, and no longer what we had written.
  const isOther = (key: string, wanted: DesiredKey): boolean => {
    if (!inspected || !drifted.has(key)) return differs(key, wanted)
    const written = record.keys.get(key)
    return written !== undefined && written.versionId !== wanted.versionId
  }
  const set = [...desired.data].filter(([key, wanted]) => differs(key, wanted) || drifted.has(key))
  const remove = [...record.keys.keys()].filter((key) => !desired.data.has(key) && !carried.has(key))
  return {
    set,
    remove,
    carried,
    isAny: set.length > 0 || remove.length > 0,
    isNew: remove.length > 0 || set.some(([key, wanted]) => isOther(key, wanted)),
  }
}

/**
 * Keys that stay as long as something cannot be read: those that it has given, and those that it may be about to replace. A
 * misspelt name, or a secret that cannot be read yet, must not take away what a workload reads.
 */
function carriedKeys({ data, failures, sources }: DesiredSecret, record: OwnerRecord): ReadonlyMap<string, KeyRecord> {
  if (failures.length === 0) return new Map()
  const left = [...record.keys].filter(([key]) => !data.has(key))
  const read = new Set(sources.map(({ secret }) => secret))
  const asksForMore = (keys: EntryFailure['keys']): boolean => !keys?.every((key) => record.keys.has(key))
  // A secret that was read as well, in another version or at another store, tells nothing where all keys of the entry are there.
  const hasGiven = ({ secret, keys }: EntryFailure, key: string, origin: string): boolean =>
    keys?.includes(key) === true || (isFrom(origin, secret) && (!read.has(secret) || asksForMore(keys)))
  const isAnyNew = failures.some(
    ({ secret, keys }) => asksForMore(keys) && !left.some(([, from]) => isFrom(from.secret, secret)),
  )
  const carried = left.filter(
    ([key, from]) =>
      failures.some((failure) => hasGiven(failure, key, from.secret)) || (isAnyNew && !read.has(from.secret)),
  )
  // Nothing is never what anybody wants.
  return data.size === 0 && carried.length === 0 ? record.keys : new Map(carried)
}

/**
 * Keys of the target that the spec asks for no more, kept because nobody knows what takes their place; but for rendered ones: the
 * name of such a key may be made of a value.
 */
export function leftOverKeys({ data, failures }: DesiredSecret, keys: OwnerRecord['keys']): readonly string[] {
  const isAskedFor = (key: string, origin: string): boolean =>
    data.has(key) || failures.some((failure) => failure.keys?.includes(key) ?? isFrom(origin, failure.secret))
  return [...keys].filter(([key, { secret }]) => !isRendered(secret) && !isAskedFor(key, secret)).map(([key]) => key)
}
