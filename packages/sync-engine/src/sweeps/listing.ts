import type { ListedSecret } from '@ack-secret-manager/core'

/** A listed secret, and its tags in the sweep before if they were others. */
export interface ListingEntry extends ListedSecret {
  readonly formerTags?: Readonly<Record<string, string>>
}

/** What the latest complete sweep of a connection has found. */
export interface Listing {
  readonly entries: ReadonlyMap<string, ListingEntry>
  /** Changes if and only if what may be found changes. */
  readonly generation: number
  /** Sweeps with tags in a row; 0 if the entries have none. */
  readonly taggedSweeps: number
}

/**
 * The listing after a complete sweep. A change of tags counts at once for secrets that begin to match, and after a second sweep for those
 * that match no more.
 */
export function nextListing(
  before: Listing | undefined,
  swept: readonly ListedSecret[],
  { withTags }: { readonly withTags: boolean },
): Listing {
  const taggedSweeps = withTags ? (before?.taggedSweeps ?? 0) + 1 : 0
  const knowsFormer = taggedSweeps > 1
  const entries = new Map<string, ListingEntry>()
  // The second sweep confirms the tags of the first one.
  let isChanged = before === undefined || before.entries.size !== swept.length || taggedSweeps === 2
  for (const secret of swept) {
    const former = before?.entries.get(secret.name)
    const entry = former === undefined ? secret : entryAfter(former, secret, knowsFormer)
    isChanged ||= entry !== former
    entries.set(secret.name, entry)
  }
  return { entries, taggedSweeps, generation: (before?.generation ?? 0) + (isChanged ? 1 : 0) }
}

/** The same object if nothing has changed. */
function entryAfter(former: ListingEntry, secret: ListedSecret, knowsFormer: boolean): ListingEntry {
  const hasSameTags = isSame(former.tags, secret.tags)
  if (hasSameTags && former.formerTags === undefined && former.isDeleted === secret.isDeleted) return former
  return knowsFormer && !hasSameTags && former.tags !== undefined ? { ...secret, formerTags: former.tags } : secret
}

function isSame(one: ListedSecret['tags'], other: ListedSecret['tags']): boolean {
  if (one === undefined || other === undefined) return one === other
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key])
}
