import type { PacedWork } from '../queue/turn-pacer.ts'
import type { Listing } from '../sweeps/listing.ts'
import type { FindFilter } from './find-filter.ts'

/** Longer results are not cached, because a find may not have as many. */
const MAX_KEPT = 2_000
/** Limit of cached results per list, because a user can edit a find in a loop. */
const MAX_FILTERS = 64

/** Results by filter, for resources with the same conditions and for syncs between two lists. */
const results = new WeakMap<Listing, Map<string, readonly string[]>>()

/** The names of a list that match name and tags, sorted. */
export async function matchingNames(listing: Listing, filter: FindFilter, work: PacedWork): Promise<readonly string[]> {
  const known = results.get(listing)?.get(filter.id)
  if (known) return known
  const names: string[] = []
  for (const { name, tags, isDeleted } of listing.entries.values()) {
    await work.yieldIfNeeded()
    if (isDeleted !== true && filter.hasTags(tags) && filter.hasName(name, work.budget)) names.push(name)
  }
  names.sort()
  if (names.length <= MAX_KEPT) {
    const ofListing = results.get(listing) ?? new Map<string, readonly string[]>()
    results.set(listing, ofListing.set(filter.id, names))
    const [oldest] = ofListing.keys()
    if (ofListing.size > MAX_FILTERS && oldest !== undefined) ofListing.delete(oldest)
  }
  return names
}
