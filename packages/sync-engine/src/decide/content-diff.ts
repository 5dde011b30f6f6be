import { isRendered, type KeyRecord, type OwnerRecord } from '@ack-secret-manager/core'
import type { DesiredKey, DesiredSecret, EntryFailure } from '../model/desired-secret.ts'
import type { ExistingSecret } from './observation.ts'
import { isGenerated } from '../model/generated-version.ts'
import { isFrom } from '../model/template-provenance.ts'

/** How the content of a target differs from the desired content. */
export interface ContentDiff {
  readonly set: readonly (readonly [string, DesiredKey])[]
  readonly remove: readonly string[]
  /** Keys that keep their value because a source failed. */
  readonly carried: ReadonlyMap<string, KeyRecord>
  /** The content must be written. */
  readonly isAny: boolean
  /** The content must be written for another reason than drift. */
  readonly isNew: boolean
}

/** Compares digests only. */
export function diffContent(
  desired: DesiredSecret,
  { secret: observed, inspected }: ExistingSecret,
  record: OwnerRecord,
): ContentDiff {
  const carried = carriedKeys(desired, record)
  const drifted = new Set(observed.drifted)
  const differs = (key: string, { digest }: DesiredKey): boolean => record.keys.get(key)?.digest !== digest
  // After an inspection the digest of a drifted key is that of the foreign value, so versions are compared.
  const isOther = (key: string, wanted: DesiredKey): boolean => {
    if (!inspected || !drifted.has(key)) return differs(key, wanted)
    const written = record.keys.get(key)
    // An inspected record lacks keys that were removed. KMS has the same value again, but a generated value is new.
    return written === undefined ? isGenerated(wanted.secret) : written.versionId !== wanted.versionId
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
 * Keys that stay while a source fails: those that it produced, and those that it may replace. A misspelt name, or a secret
 * that cannot be read yet, must not remove a key that a workload uses.
 */
function carriedKeys({ data, failures, sources }: DesiredSecret, record: OwnerRecord): ReadonlyMap<string, KeyRecord> {
  if (failures.length === 0) return new Map()
  const left = [...record.keys].filter(([key]) => !data.has(key))
  const read = new Set(sources.map(({ secret }) => secret))
  const mayAddKeys = (keys: EntryFailure['keys']): boolean => !keys?.every((key) => record.keys.has(key))
  // If another version or store of the secret was read, its name does not show that the failed entry gave the key.
  const hasGiven = ({ secret, keys }: EntryFailure, key: string, origin: string): boolean =>
    keys?.includes(key) === true || (isFrom(origin, secret) && (!read.has(secret) || mayAddKeys(keys)))
  const isAnyNew = failures.some(
    ({ secret, keys }) => mayAddKeys(keys) && !left.some(([, from]) => isFrom(from.secret, secret)),
  )
  const carried = left.filter(
    ([key, from]) =>
      failures.some((failure) => hasGiven(failure, key, from.secret)) || (isAnyNew && !read.has(from.secret)),
  )
  // A target never becomes empty.
  return data.size === 0 && carried.length === 0 ? record.keys : new Map(carried)
}

/**
 * Keys that the spec no longer names but that stay until every source can be read. Rendered keys are left out, because their
 * names may contain a value.
 */
export function leftOverKeys({ data, failures }: DesiredSecret, keys: OwnerRecord['keys']): readonly string[] {
  const isAskedFor = (key: string, origin: string): boolean =>
    data.has(key) || failures.some((failure) => failure.keys?.includes(key) ?? isFrom(origin, failure.secret))
  return [...keys].filter(([key, { secret }]) => !isRendered(secret) && !isAskedFor(key, secret)).map(([key]) => key)
}
