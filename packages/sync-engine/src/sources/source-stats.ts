import { namespaceOf } from '../model/resource.ts'
import type { Source } from './source/source.ts'
import type { OverdueMs, SourceStats } from './source-pool-options.ts'

/** Statistics of all sources. Iterates over all of them: for a scrape, not for a loop. */
export function statsOf(
  all: Iterable<Source>,
  nowMs: number,
): Pick<SourceStats, 'sources' | 'failing' | 'holdingPlaintext' | 'maxAgeMs' | 'maxOverdueMs'> {
  let [sources, failing, holdingPlaintext, maxAgeMs] = [0, 0, 0, 0]
  const endpoints = new Map<string, EndpointUse>()
  for (const source of all) {
    sources += 1
    if (source.error !== undefined) failing += 1
    if (source.holdsPlaintext) holdingPlaintext += 1
    const use = useOf(source, endpoints)
    const { intervalMs } = source
    if (intervalMs === Infinity) continue
    const ageMs = source.unconfirmedMs(nowMs)
    maxAgeMs = Math.max(maxAgeMs, ageMs)
    use.overdueMs = Math.max(use.overdueMs, ageMs - intervalMs)
  }
  return { sources, failing, holdingPlaintext, maxAgeMs, maxOverdueMs: overdueOf([...endpoints.values()]) }
}

/** The use of one endpoint. */
interface EndpointUse {
  /** At most two, which is enough to know that they share it. */
  readonly namespaces: Set<string>
  overdueMs: number
}

/** The use of the endpoint of a source, with the namespaces of the source. */
function useOf(source: Source, endpoints: Map<string, EndpointUse>): EndpointUse {
  const { key, endpoint = key } = source.connection
  const use = endpoints.get(endpoint) ?? { namespaces: new Set(), overdueMs: 0 }
  endpoints.set(endpoint, use)
  for (const subscriber of source.subscribers.names()) {
    if (use.namespaces.size > 1) break
    use.namespaces.add(namespaceOf(subscriber))
  }
  return use
}

function overdueOf(endpoints: readonly EndpointUse[]): OverdueMs {
  const all = new Set(endpoints.flatMap(({ namespaces }) => [...namespaces]))
  const overdue = { platform: 0, tenant: 0 }
  for (const { namespaces, overdueMs } of endpoints) {
    const scope = namespaces.size < Math.min(all.size, 2) ? 'tenant' : 'platform'
    overdue[scope] = Math.max(overdue[scope], overdueMs)
  }
  return overdue
}
