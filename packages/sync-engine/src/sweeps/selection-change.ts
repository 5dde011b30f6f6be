import { type Pause, TurnPacer } from '../queue/turn-pacer.ts'
import { type Listing, type ListingEntry, MAX_SIGHTINGS } from './listing.ts'
import type { Interest } from './interest.ts'

/** Estimated microseconds to compare a name with a find, and to check a match with its store. */
const NAME_EFFORT = 20
const MATCH_EFFORT = 250
/** Comparing the entries of this many names counts as the effort of one name. */
const CHUNK = 200
/** Effort of all comparisons of one change, about two seconds. Beyond it, a find counts as affected. */
const MAX_EFFORT = 2_000_000

/** How a list shows a secret to a find: `rejected` with other tags, often enough to remove it. */
type View = 'absent' | 'selected' | 'rejected'

interface FilterResult {
  readonly isChanged: boolean
  /** Names that the tags of a list remove from a Secret now, or no longer. */
  readonly rejected: readonly string[]
}

const CHANGED: FilterResult = { isChanged: true, rejected: [] }

/** Determines which finds a new list affects, so that a secret of one resource causes no sync of the others. */
export class SelectionChange {
  readonly #before: Listing
  readonly #after: Listing
  readonly #pacer: TurnPacer
  readonly #results = new Map<string, FilterResult>()
  #names: readonly string[] | undefined
  #effort = 0

  constructor(before: Listing, after: Listing, pause: Pause) {
    this.#before = before
    this.#after = after
    this.#pacer = new TurnPacer(pause)
  }

  /** Whether the new list changes what these finds of one resource select. */
  async concerns(interests: readonly Interest[]): Promise<boolean> {
    for (const interest of interests) {
      const { isChanged, rejected } = await this.#resultOf(interest)
      if (isChanged) return true
      if (rejected.length === 0 || interest.heldNames === undefined) continue
      const held = [...interest.heldNames()]
      if (rejected.some((name) => held.some((names) => names.has(name)))) return true
    }
    return false
  }

  async #resultOf(interest: Interest): Promise<FilterResult> {
    if (interest.withTags && this.#before.hasTags !== this.#after.hasTags) return CHANGED
    const known = this.#results.get(interest.filterId)
    if (known) return known
    const result = await this.#compare(interest)
    this.#results.set(interest.filterId, result)
    return result
  }

  async #compare(interest: Interest): Promise<FilterResult> {
    const rejected: string[] = []
    this.#names ??= changedNames(this.#before, this.#after)
    for (const [index, name] of this.#names.entries()) {
      if (index % CHUNK === 0) await this.#spend(NAME_EFFORT)
      const [before, after] = [this.#before, this.#after].map(({ entries }) => viewOf(entries.get(name), interest))
      if (before === after) continue
      if (this.#effort > MAX_EFFORT) return CHANGED
      const mayFind = interest.mayFind(name)
      await this.#spend(mayFind ? MATCH_EFFORT : NAME_EFFORT)
      if (!mayFind) continue
      if (before === 'selected' || after === 'selected') return CHANGED
      rejected.push(name)
    }
    return { isChanged: false, rejected }
  }

  async #spend(effort: number): Promise<void> {
    this.#effort += effort
    await this.#pacer.yieldIfNeeded(effort)
  }
}

/** Names whose entries differ. Equal entries are the same object. */
function changedNames({ entries: before }: Listing, { entries: after }: Listing): readonly string[] {
  const changed = [...after].flatMap(([name, entry]) => (before.get(name) === entry ? [] : name))
  return [...changed, ...[...before.keys()].filter((name) => !after.has(name))]
}

function viewOf(entry: ListingEntry | undefined, { withTags, hasTags }: Interest): View {
  if (entry === undefined) return 'absent'
  if (!withTags || hasTags(entry.tags)) return entry.isDeleted === true ? 'absent' : 'selected'
  return entry.tags !== undefined && entry.sightings >= MAX_SIGHTINGS ? 'rejected' : 'absent'
}
