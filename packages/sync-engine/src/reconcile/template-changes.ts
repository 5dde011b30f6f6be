import type { ResourceState } from './resource-state.ts'

/** Minimum time between two syncs that only template objects trigger. */
const TEMPLATES_PAUSE_MS = 1_000

/** When to sync after a change of templates, in milliseconds; undefined if a sync that is due already covers this change. */
export function templatesDueInMs(state: Pick<ResourceState, 'templatesDueMs'>, nowMs: number): number | undefined {
  if (state.templatesDueMs > nowMs) return undefined
  // Resources may write templates for each other in a loop.
  state.templatesDueMs = Math.max(nowMs, state.templatesDueMs + TEMPLATES_PAUSE_MS)
  return state.templatesDueMs - nowMs
}
