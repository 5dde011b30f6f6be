import { checkLimits } from '../collections/check-limits.ts'
import { SecretSyncError } from '../errors/secret-sync-error.ts'

/** One page of a list of named items. */
export interface SweepPage<T> {
  readonly items: readonly T[]
  /** Cursor of the next page; absent on the last one. */
  readonly next?: string | undefined
  /** Number of all items, if the manager reports it. */
  readonly total?: number | undefined
}

/** Statistics of a list that kept changing while it was read. */
export interface SweepFacts {
  readonly sweeps: number
  readonly seen: number
  /** Number of items by the last page. */
  readonly total: number
}

/** Options of {@link sweepPages}. */
export interface SweepOptions<T> {
  readonly page: (cursor: string | undefined) => Promise<SweepPage<T>>
  /** How often the list is read if it changes meanwhile. */
  readonly maxSweeps: number
  /** @default 10_000 */
  readonly maxPages?: number
  /** Called for each page, before its items are yielded. */
  readonly onPage?: (progress: { readonly read: number; readonly total: number }) => void
  /** Called at the end if items may be missing. */
  readonly onUnsettled?: (facts: SweepFacts) => void
}

/** More pages than the quota of secrets of any account needs. */
const MAX_PAGES = 10_000

/**
 * Yields all items of a list, each name once. Pages may be numbered, so that a deletion while the list is read moves the next item to a page
 * that was already read. If the total changes meanwhile or does not match, the list is read again, up to `maxSweeps` times.
 * @throws SecretSyncError `TooLarge` for a list with more than `maxPages` pages; RangeError for an invalid limit; whatever `page` throws
 */
export async function* sweepPages<T extends { readonly name: string }>(
  options: SweepOptions<T>,
): AsyncGenerator<T, void, undefined> {
  const { page, maxSweeps, maxPages = MAX_PAGES, onPage, onUnsettled } = options
  checkLimits({ maxSweeps, maxPages })
  const seen = new Set<string>()
  for (let sweeps = 1; ; sweeps += 1) {
    const totals = new Set<number>()
    let found = 0
    let cursor: string | undefined
    for (let number = 1; ; number += 1) {
      if (number > maxPages) throw new SecretSyncError('TooLarge', `the list has more than ${maxPages} pages`)
      // oxlint-disable-next-line no-await-in-loop -- the next page may not exist
      const { items, next, total } = await page(cursor)
      if (total !== undefined) totals.add(total)
      found += items.length
      onPage?.({ read: found, total: total ?? found })
      for (const item of items) {
        if (seen.has(item.name)) continue
        seen.add(item.name)
        yield item
      }
      if (next === undefined) break
      cursor = next
    }
    const total = [...totals].at(-1) ?? found
    const isSettled = totals.size === 0 || (totals.size === 1 && found === total && seen.size >= total)
    if (isSettled) return
    if (sweeps >= maxSweeps) {
      onUnsettled?.({ sweeps, seen: seen.size, total })
      return
    }
  }
}
