import type { SecretSummary } from '../secret-state.ts'
import type { Page } from './responses.ts'

/** What was seen of a list that did not hold still. */
export interface SweepFacts {
  readonly sweeps: number
  readonly seen: number
  /** Number of secrets by the last page. */
  readonly total: number
}

/** Options of {@link sweepPages}. */
export interface SweepOptions {
  readonly page: (number: number) => Promise<Page<SecretSummary>>
  readonly pageSize: number
  readonly maxSweeps: number
  /** Called for each page, before its secrets are given. */
  readonly onPage?: (progress: { readonly read: number; readonly total: number }) => void
  /** Called at the end if secrets may be missing. */
  readonly onUnsettled: (facts: SweepFacts) => void
}

/** No account has more: the quota of secrets is below it. */
const MAX_PAGES = 10_000

/**
 * All secrets, each once. Pages are numbered, so that one that is deleted while the list is read moves the next one to a page that
 * has been read. If the count changes on the way or does not fit, the list is read again, up to `maxSweeps` times.
 */
export async function* sweepPages(options: SweepOptions): AsyncGenerator<SecretSummary, void, undefined> {
  const { page, pageSize, maxSweeps, onPage, onUnsettled } = options
  const seen = new Set<string>()
  for (let sweeps = 1; ; sweeps += 1) {
    const totals = new Set<number>()
    let found = 0
    for (let number = 1; number <= MAX_PAGES; number += 1) {
      // oxlint-disable-next-line no-await-in-loop -- the next page may not exist
      const { items, total } = await page(number)
      totals.add(total)
      found += items.length
      onPage?.({ read: found, total })
      for (const item of items) {
        if (seen.has(item.name)) continue
        seen.add(item.name)
        yield item
      }
      if (items.length < pageSize) break
    }
    const total = [...totals].at(-1) ?? 0
    const isSettled = totals.size === 1 && found === total && seen.size >= total
    if (isSettled) return
    if (sweeps >= maxSweeps) return onUnsettled({ sweeps, seen: seen.size, total })
  }
}
