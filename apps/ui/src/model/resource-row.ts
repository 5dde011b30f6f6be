import { defined } from '@ack-secret-manager/core'
import {
  isFailing,
  keyOf,
  labelOf,
  type LiveExternalSecret,
  secretNameOf,
  withoutPrefix,
} from '@ack-secret-manager/resource-view'
import { handledRefreshOf, readyOf, REFRESH_NOW_ANNOTATION } from '@ack-secret-manager/resources'
import type { Counts } from './views/overview.ts'
import type { ResourceRow, ResourceState } from './views/resource-row.ts'

/** The rest of a message is in the details. */
const MAX_MESSAGE = 200

/** The state of an ExternalSecret. Pure. */
export function resourceState(resource: LiveExternalSecret): ResourceState {
  const { status } = resource
  const ready = readyOf(status)
  if (ready === undefined) return 'pending'
  if (ready.status === 'True') return 'ready'
  if (!isFailing(resource)) return 'suspended'
  return status.target === undefined ? 'failing' : 'degraded'
}

/** An ExternalSecret in the table. Pure. */
export function resourceRow(resource: LiveExternalSecret): ResourceRow {
  const { namespace, name, metadata, status, stores, createdBy } = resource
  const { reason = '', message = '', lastTransitionTime } = readyOf(status) ?? {}
  const { keyCount, lastChangeTime } = status.target ?? {}
  const [nextRotation] = [
    ...status.secrets.flatMap(({ rotation }) => rotation?.nextTime ?? []),
    ...(status.generated ?? []).flatMap(({ renewalTime }) => renewalTime ?? []),
  ].toSorted()
  return {
    key: keyOf(resource),
    namespace,
    name,
    state: resourceState(resource),
    reason,
    message: shortened(withoutPrefix(message, reason), MAX_MESSAGE),
    ...defined({ since: lastTransitionTime, keyCount, changedAt: lastChangeTime, nextRotation, createdBy }),
    secret: secretNameOf(resource),
    stores: stores.map(labelOf),
    isOutdated: (status.observedGeneration ?? 0) < (metadata.generation ?? 0),
    isDeleting: metadata.deletionTimestamp !== undefined,
    isRefreshing: isRefreshing(resource),
  }
}

/** Numbers of ExternalSecrets by state. Pure. */
export function countsOf(resources: Iterable<{ readonly state: ResourceState }>): Counts {
  const counts = { total: 0, ready: 0, degraded: 0, failing: 0, pending: 0, suspended: 0 }
  for (const { state } of resources) {
    counts.total += 1
    counts[state] += 1
  }
  return counts
}

/** At most `max` UTF-16 units, cut between characters. Pure. */
export function shortened(text: string, max: number): string {
  if (text.length <= max) return text
  const cut = text.slice(0, max - 1)
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}

function isRefreshing({ metadata, spec, status }: LiveExternalSecret): boolean {
  const requested = metadata.annotations?.[REFRESH_NOW_ANNOTATION]
  if (requested === undefined || spec?.suspend === true) return false
  return status.lastHandledRefresh !== handledRefreshOf(requested)
}
