import type { Clock } from '@ack-secret-manager/core'
import type { ResourceKey } from '../model/resource.ts'
import { PRIORITY } from '../queue/priority.ts'
import type { WorkQueue } from '../queue/work-queue.ts'
import type { ResourceState } from './resource-state.ts'

/** Minimum time between two syncs that only template objects trigger. */
const TEMPLATES_PAUSE_MS = 1_000

export interface TemplateChangesOptions {
  readonly states: ReadonlyMap<ResourceKey, Pick<ResourceState, 'templatesDueMs'>>
  readonly queue: Pick<WorkQueue, 'addAfter'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** Requeues resources whose template objects have changed. */
export function requeueForTemplates(
  resources: Iterable<ResourceKey>,
  { states, queue, clock }: TemplateChangesOptions,
): void {
  const nowMs = clock.monotonic()
  for (const key of resources) {
    const state = states.get(key)
    const dueInMs = state && templatesDueInMs(state, nowMs)
    if (dueInMs !== undefined) queue.addAfter(key, dueInMs, PRIORITY.changed)
  }
}

/** When to sync after a change of templates, in milliseconds; undefined if a sync that is due already covers this change. */
function templatesDueInMs(state: Pick<ResourceState, 'templatesDueMs'>, nowMs: number): number | undefined {
  if (state.templatesDueMs > nowMs) return undefined
  // Resources may write templates for each other in a loop.
  state.templatesDueMs = Math.max(nowMs, state.templatesDueMs + TEMPLATES_PAUSE_MS)
  return state.templatesDueMs - nowMs
}
