import { type Pause, TurnPacer } from '../queue/turn-pacer.ts'
import { ALLOW_EFFORT, type ResolveStore } from './compile.ts'
import { sourceKeyOf } from '../model/source-reading.ts'
import type { PlanEntry, SyncPlan } from './sync-plan.ts'

/**
 * Whether the entries of a plan still resolve to the same connections: those that the spec names, and one of each find. Reads may take long,
 * and a value that a previous store or identity has read must not be written. Does not yield, so that a write can follow at once.
 */
export function usesSameConnections({ entries }: SyncPlan, resolveStore: ResolveStore): boolean {
  const finds = new Set<string>()
  return entries.every((entry) => {
    const id = entry.found?.id
    if (id !== undefined && finds.has(id)) return true
    if (id !== undefined) finds.add(id)
    return isSame(entry, resolveStore)
  })
}

/**
 * The same for all found secrets, over several turns of the event loop, because there can be thousands. A store that changes in between
 * triggers another sync.
 */
export async function findsSameSecrets(
  { entries }: SyncPlan,
  resolveStore: ResolveStore,
  pause: Pause,
): Promise<boolean> {
  const pacer = new TurnPacer(pause)
  for (const entry of entries) {
    if (entry.found === undefined) continue
    await pacer.yieldIfNeeded(ALLOW_EFFORT)
    if (!isSame(entry, resolveStore)) return false
  }
  return true
}

function isSame({ source, read }: PlanEntry, resolveStore: ResolveStore): boolean {
  const store = resolveStore(read.query)
  if (store.kind === 'error') return source.kind === 'error' && source.error.code === store.error.code
  return source.kind === 'read' && source.key === sourceKeyOf(store.connection, read.ref)
}
