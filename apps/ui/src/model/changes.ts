import { keyOf, type LiveExternalSecret } from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import type { WorkloadObject } from './objects.ts'
import { withShares } from './shares.ts'
import type { ChangeView } from './views/overview.ts'

const HOUR_MS = 3_600_000
const MAX_CHANGES = 100
/** Clocks of the cluster can be ahead. Another user can write any time into an annotation. */
const MAX_AHEAD_MS = 60_000

/** What changed in the hour before `nowMs`, the latest first; if that is much, some of each namespace. Pure. */
export function changesOf(
  resources: Iterable<LiveExternalSecret>,
  workloads: Iterable<WorkloadObject>,
  nowMs: number,
): readonly ChangeView[] {
  const changes: ChangeView[] = []
  const add = (time: string | undefined, kind: ChangeView['kind'], resource: string, text: string): void => {
    const atMs = Date.parse(time ?? '')
    if (time !== undefined && atMs > nowMs - HOUR_MS && atMs < nowMs + MAX_AHEAD_MS)
      changes.push({ time, kind, resource, text })
  }
  const keys = new Set<string>()
  for (const resource of resources) {
    const key = keyOf(resource)
    keys.add(key)
    const { reason = '', status, lastTransitionTime } = readyOf(resource.status) ?? {}
    add(resource.metadata.creationTimestamp, 'created', key, '')
    add(resource.status.target?.lastChangeTime, 'written', key, '')
    if (status !== undefined) add(lastTransitionTime, conditionChange(status, reason), key, reason)
  }
  for (const { kind, namespace, name, restartedFor, restartedAt } of workloads) {
    const restarted = restartedFor.map((resource) => `${namespace}/${resource}`).filter((key) => keys.has(key))
    for (const key of restarted) add(restartedAt, 'restarted', key, `${kind} ${name}`)
  }
  const sorted = changes.toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time))
  return withShares(sorted, MAX_CHANGES, ({ resource }) => resource.slice(0, resource.indexOf('/')))
}

function conditionChange(status: string, reason: string): 'ready' | 'suspended' | 'not-ready' {
  if (status === 'True') return 'ready'
  return reason === 'Suspended' ? 'suspended' : 'not-ready'
}
