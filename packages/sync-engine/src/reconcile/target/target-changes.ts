import type { SecretWriter, TargetChange } from '@ack-secret-manager/core'
import { type ResourceKey, resourceKey } from '../../model/resource.ts'
import { PRIORITY } from '../../queue/priority.ts'
import type { WorkQueue } from '../../queue/work-queue.ts'
import type { Backoffs } from '../drift-backoff.ts'
import type { Reconciler } from '../reconciler.ts'
import type { RecentDeletions } from '../release/recent-deletions.ts'
import type { ResourceState } from '../resource-state.ts'
import type { RefusedTargets } from './refused-targets.ts'

export interface TargetChangesOptions {
  readonly writer: Pick<SecretWriter, 'onChange'>
  readonly states: ReadonlyMap<ResourceKey, ResourceState>
  readonly queue: Pick<WorkQueue, 'add' | 'addAfter'>
  readonly reconciler: Pick<Reconciler, 'forceRead'>
  readonly deletions: Pick<RecentDeletions, 'add'>
  readonly refusedTargets: Pick<RefusedTargets, 'ownersOf' | 'pauseMs'>
  readonly drift: Backoffs['drift']
  readonly manages: (namespace: string) => boolean
  readonly isForeign: (key: ResourceKey) => boolean
  readonly isStarted: () => boolean
}

/** Requeues the resources of changed targets. @returns a function that stops watching */
export function watchTargetChanges(options: TargetChangesOptions): () => void {
  const { writer, states, queue, deletions, refusedTargets, manages, isForeign, isStarted } = options
  return writer.onChange(({ target, kind, ownerNames, madeByOthers }) => {
    if (!manages(target.namespace)) return
    if (madeByOthers) deletions.add(target)
    // The leader wrote it.
    if (kind === 'rewritten' && !isStarted()) return
    const owners = ownerNames.map((name) => resourceKey({ namespace: target.namespace, name }))
    for (const key of new Set([...owners, ...refusedTargets.ownersOf(target), resourceKey(target)])) {
      if (states.has(key)) requeue(key, kind, options)
      else if (owners.includes(key) && !isForeign(key)) queue.add(key, PRIORITY.routine)
    }
  })
}

function requeue(
  key: ResourceKey,
  kind: TargetChange['kind'],
  { queue, reconciler, drift, refusedTargets }: TargetChangesOptions,
): void {
  const isRewritten = kind === 'rewritten'
  if (isRewritten) reconciler.forceRead(key)
  // Two processes that overwrite each other back off.
  const pauseMs = isRewritten ? drift.dueInMs(key) : drift.pauseMs(key)
  // A change by others is no reason to repeat a denied write early.
  const deniedMs = kind === 'deleted' ? 0 : refusedTargets.pauseMs(key)
  queue.addAfter(key, Math.max(pauseMs, deniedMs), PRIORITY.changed)
}
