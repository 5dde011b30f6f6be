import { isSecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import { ACCEPT_METADATA, isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import {
  collectionPath,
  labelOf,
  type LiveExternalSecret,
  objectPath,
  resourceEvent,
  type ResourceKind,
  secretNameOf,
} from '@ack-secret-manager/resource-view'
import { resourceDetail, type SecretRead } from '../../model/resource-detail.ts'
import { storeDetail } from '../../model/store-detail.ts'
import { usersByStore } from '../../model/store-row.ts'
import type { EventsView } from '../../model/views/events.ts'
import type { ResourceDetail } from '../../model/views/resource-detail.ts'
import type { StoreDetail } from '../../model/views/store.ts'
import type { AccessReviews } from './access-reviews.ts'
import type { Collections } from './collections.ts'

const TIMEOUT_MS = 10_000
const MAX_EVENTS = 20

/** Options of the reads of details. */
export interface DetailsOptions {
  readonly client: KubeClient
  readonly collections: Collections
  readonly reviews: AccessReviews
  readonly isReadOnly: boolean
  readonly signal: AbortSignal
}

/** Reads what only the page of one ExternalSecret shows; undefined if there is none of this name. */
export async function readResource(
  { client, collections, reviews, isReadOnly, signal }: DetailsOptions,
  key: string,
): Promise<ResourceDetail | undefined> {
  const resource = collections.resources.get(key)
  if (resource === undefined) return undefined
  const [secret, events, access] = await Promise.all([
    readSecretMetadata(client, resource, signal),
    readEvents(client, { kind: 'ExternalSecret', ...resource }, signal),
    isReadOnly ? ({ isAllowed: false, why: '' } as const) : reviews.canPatch(resource, signal),
  ])
  const stores = [...collections.stores.values(), ...collections.clusterStores.values()]
  const visible = collections.workloads.filter(({ state }) => state !== 'forbidden')
  const workloads = visible.flatMap((each) => [...each.values()])
  return resourceDetail({
    // As it is after the reads.
    resource: collections.resources.get(key) ?? resource,
    stores: new Map(stores.map((store) => [labelOf(store.state), store])),
    workloads: visible.length === 0 ? undefined : workloads.filter(({ namespace }) => namespace === resource.namespace),
    hiddenWorkloads: collections.workloads.filter(({ state }) => state === 'forbidden').map(({ kind }) => kind),
    secret,
    events,
    access,
    isReadOnly,
  })
}

/** Reads what only the page of one store shows; undefined if there is none of this name. */
export async function readStore(
  { client, collections, signal }: DetailsOptions,
  {
    kind,
    namespace,
    name,
  }: { readonly kind: 'SecretStore' | 'ClusterSecretStore'; readonly namespace: string; readonly name: string },
): Promise<StoreDetail | undefined> {
  const found =
    kind === 'SecretStore' ? collections.stores.get(`${namespace}/${name}`) : collections.clusterStores.get(name)
  if (found === undefined) return undefined
  const events = await readEvents(client, { kind, namespace, name }, signal)
  const users = usersByStore(collections.resources.values()).get(labelOf(found.state)) ?? []
  return storeDetail(found, { users, events })
}

/** Asks for metadata only: the API server does not send the content. */
async function readSecretMetadata(
  client: KubeClient,
  resource: LiveExternalSecret,
  signal: AbortSignal,
): Promise<SecretRead> {
  const path = objectPath(collectionPath('/api/v1/secrets', resource.namespace), secretNameOf(resource))
  try {
    const object = await client.get(path, { accept: ACCEPT_METADATA, timeoutMs: TIMEOUT_MS, signal })
    return { state: 'present', object }
  } catch (error) {
    if (isKubeApiError(error, 404)) return { state: 'missing' }
    return { state: failedRead(error) }
  }
}

/** Events of cluster-scoped resources are in namespace `default`. */
async function readEvents(
  client: KubeClient,
  { kind, namespace, name }: { readonly kind: ResourceKind; readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<EventsView> {
  const path = collectionPath('/api/v1/events', namespace === '' ? 'default' : namespace)
  const query = { fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name}`, limit: 500 }
  try {
    const { items } = await client.list(path, { query, timeoutMs: TIMEOUT_MS, signal })
    const events = items
      .map(resourceEvent)
      .toSorted((a, b) => (a.time < b.time ? 1 : -1))
      .slice(0, MAX_EVENTS)
    return {
      state: 'known',
      events: events.map((event) => ({ ...event, type: event.type === 'Warning' ? 'Warning' : 'Normal' })),
    }
  } catch (error) {
    return { state: failedRead(error) }
  }
}

function failedRead(error: unknown): 'forbidden' | 'disconnected' {
  if (isKubeApiError(error, 403)) return 'forbidden'
  if (isKubeApiError(error) || isSecretSyncError(error)) return 'disconnected'
  throw toSecretSyncError(error, 'reading details')
}
