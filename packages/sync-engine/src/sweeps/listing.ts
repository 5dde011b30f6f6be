import type { ListedSecret } from '@ack-secret-manager/core'

/** Sightings are counted up to this number, because no decision needs more. */
export const MAX_SIGHTINGS = 2

/** A listed secret. */
export interface ListingEntry extends ListedSecret {
  /** How many sweeps in a row, up to this one, have shown it with these tags. A sweep that misses it begins the count again. */
  readonly sightings: number
}

/** What the latest complete sweep of a connection has found. */
export interface Listing {
  readonly entries: ReadonlyMap<string, ListingEntry>
  /** Whether the entries have tags. */
  readonly hasTags: boolean
  /** Changes if and only if what may be found changes. */
  readonly generation: number
}

/** The listing after a complete sweep. Without a change it is the same object. */
export function nextListing(
  before: Listing | undefined,
  swept: readonly ListedSecret[],
  { withTags }: { readonly withTags: boolean },
): Listing {
  const entries = new Map<string, ListingEntry>()
  let isChanged = before === undefined || before.hasTags !== withTags || before.entries.size !== swept.length
  for (const secret of swept) {
    const former = before?.entries.get(secret.name)
    const entry = former === undefined ? { ...secret, sightings: 1 } : entryAfter(former, secret)
    isChanged ||= entry !== former
    entries.set(secret.name, entry)
  }
  return before !== undefined && !isChanged
    ? before
    : { entries, hasTags: withTags, generation: (before?.generation ?? 0) + 1 }
}

/** The same object if nothing has changed. */
function entryAfter(former: ListingEntry, secret: ListedSecret): ListingEntry {
  if (!isSame(former.tags, secret.tags)) return { ...secret, sightings: 1 }
  const sightings = secret.tags === undefined ? 1 : Math.min(former.sightings + 1, MAX_SIGHTINGS)
  if (former.sightings === sightings && former.isDeleted === secret.isDeleted) return former
  return { ...secret, sightings }
}

function isSame(one: ListedSecret['tags'], other: ListedSecret['tags']): boolean {
  if (one === undefined || other === undefined) return one === other
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key])
}
