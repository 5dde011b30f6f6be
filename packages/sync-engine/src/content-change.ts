import type { KeyRecord, OwnerRecord } from '@ack-secret-manager/core'
import type { DesiredKey, DesiredSecret } from './desired-secret.ts'
import type { SeenSecret } from './observation.ts'

/** How the content of a target of ours differs from what is desired. */
export interface ContentChange {
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
export function contentChange(
  desired: DesiredSecret,
  { secret: observed, inspected }: SeenSecret,
  record: OwnerRecord,
): ContentChange {
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

function carriedKeys(desired: DesiredSecret, record: OwnerRecord): ReadonlyMap<string, KeyRecord> {
  const named = new Set(desired.failures.flatMap(({ keys }) => keys ?? []))
  // What a document would have given is whatever it gave last.
  const documents = new Set(desired.failures.filter(({ keys }) => !keys).map(({ secret }) => secret))
  return new Map(
    [...record.keys].filter(([key, { secret }]) => !desired.data.has(key) && (named.has(key) || documents.has(secret))),
  )
}
