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
    .toSorted((a, b) => (a.time < b.time ? 1 : -1))
    .slice(0, MAX_EVENTS)
}
