import type { Source } from './source/source.ts'
import type { SourceStats } from './source-pool-options.ts'

/** Statistics of all sources. Iterates over all of them: for a scrape, not for a loop. */
export function statsOf(
  all: Iterable<Source>,
  nowMs: number,
): Pick<SourceStats, 'sources' | 'failing' | 'holdingPlaintext' | 'maxAgeMs' | 'maxOverdueMs'> {
  let [sources, failing, holdingPlaintext, maxAgeMs, maxOverdueMs] = [0, 0, 0, 0, 0]
  for (const source of all) {
    sources += 1
    if (source.error !== undefined) failing += 1
    if (source.holdsPlaintext) holdingPlaintext += 1
    const { intervalMs } = source
    if (intervalMs === Infinity) continue
    const ageMs = source.unconfirmedMs(nowMs)
    maxAgeMs = Math.max(maxAgeMs, ageMs)
    maxOverdueMs = Math.max(maxOverdueMs, ageMs - intervalMs)
  }
  return { sources, failing, holdingPlaintext, maxAgeMs, maxOverdueMs }
}
