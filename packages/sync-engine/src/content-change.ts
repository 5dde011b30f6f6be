import type { KeyRecord, OwnerRecord } from '@ack-secret-manager/core'
import type { DesiredKey, DesiredSecret } from './desired-secret.ts'
import type { SeenSecret } from './observation.ts'
import { isFrom } from './rendered-origin.ts'

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

/**
 * As long as something cannot be read, a key goes only where it is certain that nothing is to take its place: a misspelt name, or
 * a secret that cannot be read yet, must not take away what a workload reads.
 */
function carriedKeys({ data, failures, sources }: DesiredSecret, record: OwnerRecord): ReadonlyMap<string, KeyRecord> {
  if (failures.length === 0) return new Map()
  if (data.size === 0) return record.keys
  const named = new Set(failures.flatMap(({ keys }) => keys ?? []))
  const read = new Set(sources.map(({ secret }) => secret))
  const isFailing = (origin: string): boolean => failures.some(({ secret }) => isFrom(origin, secret))
  // What has given nothing yet may be there in place of what the spec no longer names.
  const isAnyNew = failures.some(
    ({ secret, keys }) =>
      !keys?.some((key) => record.keys.has(key)) &&
      ![...record.keys.values()].some((from) => isFrom(from.secret, secret)),
  )
  const stays = (key: string, { secret }: KeyRecord): boolean =>
    named.has(key) || isFailing(secret) || (isAnyNew && !read.has(secret))
  return new Map([...record.keys].filter(([key, from]) => !data.has(key) && stays(key, from)))
}
