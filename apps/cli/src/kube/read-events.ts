import type { ClusterReader } from './cluster-reader.ts'
import { collectionPath, type ResourceKind } from './collections.ts'

const MAX_EVENTS = 10

/** An Event about a resource. */
export interface ResourceEvent {
  readonly time: string
  readonly count: number
  readonly type: string
  readonly reason: string
  readonly message: string
}

interface RawEvent {
  readonly metadata: { readonly creationTimestamp?: string }
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null
}

/** The latest Events about a resource, the last one first. Those of cluster-scoped resources are in namespace `default`. */
export async function readEvents(
  reader: ClusterReader,
  { kind, namespace, name }: { readonly kind: ResourceKind; readonly namespace: string; readonly name: string },
): Promise<readonly ResourceEvent[]> {
  const path = collectionPath('/api/v1/events', namespace === '' ? 'default' : namespace)
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`
  const events = await reader.listIfAllowed(path, `Events about ${kind} ${name}`, { fieldSelector })
  return events
    .map((event) => eventOf(event as unknown as RawEvent))
    .toSorted((a, b) => (a.time < b.time ? 1 : -1))
    .slice(0, MAX_EVENTS)
}

function eventOf({ metadata, type = '', reason = '', message = '', series, ...event }: RawEvent): ResourceEvent {
  const time = series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? metadata.creationTimestamp ?? ''
  return { time, count: series?.count ?? event.count ?? 1, type, reason, message }
}
