import type { PacedWork } from '../queue/turn-pacer.ts'
import type { Listing, ListingEntry } from '../sweeps/listing.ts'
import type { FindFilter } from './find-filter.ts'

export interface FoundNamesInput {
  readonly filter: FindFilter
  /** Undefined before the first complete sweep of this process. */
  readonly listing: Listing | undefined
  /** Secrets whose keys the target has because of this `find`. */
  readonly held: Iterable<string>
  /** Whether the namespace may know of this secret and read it. */
  readonly isAllowed: (name: string) => boolean
  readonly work: PacedWork
}

/**
 * The secrets that a `find` reads, in order of their names. A sweep alone never removes a secret that the target has:
 * - One that the list lacks may have moved to another page. It is read, and NotFound removes it.
 * - One whose tags match no more stays until a second sweep.
 * - One that the store does not allow fails like an entry of `data`, whether or not it exists.
 */
export async function foundNames({
  filter,
  listing,
  held,
  isAllowed,
  work,
}: FoundNamesInput): Promise<readonly string[]> {
  const names = new Set<string>()
  for (const name of held) {
    await work.yieldIfNeeded()
    if (filter.hasName(name, work.budget) && (!isAllowed(name) || staysWith(listing, name, filter))) names.add(name)
  }
  for (const entry of listing?.entries.values() ?? []) {
    await work.yieldIfNeeded()
    if (entry.isDeleted === true || names.has(entry.name)) continue
    if (!filter.hasTags(entry.tags) || !filter.hasName(entry.name, work.budget)) continue
    if (isAllowed(entry.name)) names.add(entry.name)
  }
  return [...names].toSorted((one, other) => (one < other ? -1 : 1))
}

/** Whether a secret that the target has stays, although it may not match any more. */
function staysWith(listing: Listing | undefined, name: string, filter: FindFilter): boolean {
  const entry = listing?.entries.get(name)
  if (listing === undefined || entry === undefined || !filter.needsTags) return true
  return filter.hasTags(entry.tags) || mayHaveTags(entry, listing, filter)
}

/** Whether only one sweep says that the tags match no more. */
function mayHaveTags({ formerTags }: ListingEntry, { taggedSweeps }: Listing, filter: FindFilter): boolean {
  return taggedSweeps < 2 || (formerTags !== undefined && filter.hasTags(formerTags))
}
