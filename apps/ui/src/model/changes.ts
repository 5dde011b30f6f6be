import { keyOf, type LiveExternalSecret } from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import type { WorkloadObject } from './objects.ts'
import type { ChangeView } from './views/overview.ts'

const HOUR_MS = 3_600_000
const MAX_CHANGES = 100

/** What changed in the hour before `nowMs`, the latest first. Pure. */
export function changesOf(
  resources: Iterable<LiveExternalSecret>,
  workloads: Iterable<WorkloadObject>,
  nowMs: number,
): readonly ChangeView[] {
  const changes: ChangeView[] = []
  const add = (time: string | undefined, kind: ChangeView['kind'], resource: string, text: string): void => {
    const atMs = Date.parse(time ?? '')
    if (time !== undefined && atMs > nowMs - HOUR_MS) changes.push({ time, kind, resource, text })
  }
  for (const resource of resources) {
    const key = keyOf(resource)
    const { reason = '', status, lastTransitionTime } = readyOf(resource.status) ?? {}
    add(resource.metadata.creationTimestamp, 'created', key, '')
    add(resource.status.target?.lastChangeTime, 'written', key, '')
    if (status !== undefined) add(lastTransitionTime, conditionChange(status, reason), key, reason)
  }
  for (const { kind, namespace, name, restartedFor, restartedAt } of workloads) {
    for (const resource of restartedFor) add(restartedAt, 'restarted', `${namespace}/${resource}`, `${kind} ${name}`)
  }
  return changes.toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time)).slice(0, MAX_CHANGES)
}

function conditionChange(status: string, reason: string): 'ready' | 'suspended' | 'not-ready' {
  if (status === 'True') return 'ready'
  return reason === 'Suspended' ? 'suspended' : 'not-ready'
}
