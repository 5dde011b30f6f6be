import { timeText } from '@ack-secret-manager/core'
import type { ClusterReader } from './cluster-reader.ts'
import { collectionPath, type ResourceEvent, resourceEvent } from '@ack-secret-manager/resource-view'
import type { ResourceKind } from '@ack-secret-manager/resources'

const MAX_EVENTS = 10

/** The latest Events about a resource, the last one first. Those of cluster-scoped resources are in namespace `default`. */
export async function readEvents(
  reader: ClusterReader,
  { kind, namespace, name }: { readonly kind: ResourceKind; readonly namespace: string; readonly name: string },
): Promise<readonly ResourceEvent[]> {
  const path = collectionPath('/api/v1/events', namespace === '' ? 'default' : namespace)
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`
  const events = await reader.listIfAllowed(path, `Events about ${kind} ${name}`, { fieldSelector })
  return events
    .map(resourceEvent)
    .map((event) => ({ event, ms: Date.parse(event.time) }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, MAX_EVENTS)
    .map(({ event, ms }) => (Number.isNaN(ms) ? event : { ...event, time: timeText(ms) }))
}
