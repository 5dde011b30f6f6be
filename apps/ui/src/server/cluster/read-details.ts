import { isSecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import { ACCEPT_METADATA, isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { collectionPath, labelOf, objectPath, secretNameOf, uncovered } from '@ack-secret-manager/resource-view'
import type { WorkloadObject } from '../../model/objects.ts'
import { pushSecretDetail } from '../../model/push-secret/push-secret-detail.ts'
import { pushSecretId } from '../../model/push-secret/push-secret-row.ts'
import { resourceDetail, type SecretRead } from '../../model/resource-detail.ts'
import { storeDetail } from '../../model/store-detail.ts'
import { usersByStore } from '../../model/store-row.ts'
import type { ReadState } from '../../model/views/access.ts'
import type { EventsView } from '../../model/views/events.ts'
import type { PushSecretDetail } from '../../model/views/push-secret.ts'
import type { ResourceDetail } from '../../model/views/resource-detail.ts'
import type { StoreDetail } from '../../model/views/store.ts'
import type { AccessReviews } from './access-reviews.ts'
import type { Collections } from './collections.ts'
import { collectionsOf, type OpenDetail, type OpenDetails } from './open-details.ts'

const TIMEOUT_MS = 10_000
/** The page shows what is read until then, and gets the rest by the stream. */
const FIRST_READ_MS = 2_000
const MAX_EVENTS = 20

/** Options of the reads of details. */
export interface DetailsOptions {
  readonly client: KubeClient
  readonly collections: Collections
  readonly details: OpenDetails
  readonly reviews: AccessReviews
  readonly isReadOnly: boolean
  /** A request failed without an answer about the object. */
  readonly onFailure: () => void
  readonly signal: AbortSignal
}

/** What the page of one ExternalSecret shows, which is watched from now on; undefined if there is none of this name. */
export async function readResource(
  { client, collections, details, reviews, isReadOnly, onFailure, signal }: DetailsOptions,
  key: string,
): Promise<ResourceDetail | undefined> {
  const found = collections.resources.get(key)
  if (found === undefined) return undefined
  const { namespace, name } = found
  const open = details.open({
    id: key,
    kind: 'ExternalSecret',
    namespace,
    name,
    uid: found.metadata.uid ?? '',
    secret: secretNameOf(found),
  })
  const [access] = await Promise.all([
    isReadOnly ? ({ isAllowed: false, why: '' } as const) : reviews.canPatch(found, signal),
    firstRead(open, signal),
  ])
  // As it is after the reads.
  const resource = collections.resources.get(key) ?? found
  const stores = [...collections.stores.values(), ...collections.clusterStores.values()]
  const secret = await secretOf(client, { open, namespace: resource.namespace, name: secretNameOf(resource), signal })
  if (access.isAllowed === 'unknown' || secret.state === 'disconnected') onFailure()
  return resourceDetail({
    resource,
    stores: new Map(stores.map((store) => [labelOf(store.state), store])),
    ...workloadsOf([...collections.workloads, ...open.workloads], resource.namespace),
    secret,
    events: eventsOf(open),
    access,
    isReadOnly,
  })
}

/** What the page of one store shows, which is watched from now on; undefined if there is none of this name. */
export async function readStore(
  { collections, details, signal }: DetailsOptions,
  {
    kind,
    namespace,
    name,
  }: { readonly kind: 'SecretStore' | 'ClusterSecretStore'; readonly namespace: string; readonly name: string },
): Promise<StoreDetail | undefined> {
  const found =
    kind === 'SecretStore' ? collections.stores.get(`${namespace}/${name}`) : collections.clusterStores.get(name)
  if (found === undefined) return undefined
  const id = labelOf(found.state)
  const open = details.open({ id, kind, namespace, name, uid: found.uid, secret: undefined })
  await firstRead(open, signal)
  const users = usersByStore(collections.resources.values()).get(labelOf(found.state)) ?? []
  return storeDetail(found, { users, events: eventsOf(open) })
}

/** What the page of one PushSecret shows, which is watched from now on; undefined if there is none of this name. */
export async function readPushSecret(
  { client, collections, details, onFailure, signal }: DetailsOptions,
  key: string,
): Promise<PushSecretDetail | undefined> {
  const found = collections.pushSecrets.get(key)
  if (found === undefined) return undefined
  const { namespace, name, spec } = found.live
  const source = spec?.selector.name
  const open = details.open({
    id: pushSecretId(found.live),
    kind: 'PushSecret',
    namespace,
    name,
    uid: found.uid,
    secret: source,
  })
  await firstRead(open, signal)
  const secret = source === undefined ? undefined : await secretOf(client, { open, namespace, name: source, signal })
  if (secret?.state === 'disconnected') onFailure()
  const stores = [...collections.stores.values(), ...collections.clusterStores.values()]
  return pushSecretDetail({
    pushSecret: found,
    stores: new Map(stores.map((store) => [labelOf(store.state), store])),
    secret,
    events: eventsOf(open),
  })
}

async function firstRead(open: OpenDetail, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(FIRST_READ_MS)])
  await Promise.all(collectionsOf(open).map((each) => each.read(deadline)))
}

interface WorkloadKind {
  readonly kind: string
  readonly state: ReadState
  values(): Iterable<WorkloadObject>
}

function workloadsOf(
  kinds: readonly WorkloadKind[],
  home: string,
): {
  readonly workloads: readonly WorkloadObject[] | undefined
  readonly readWorkloads: readonly string[]
  readonly hiddenWorkloads: readonly string[]
  readonly unreadWorkloads: readonly string[]
} {
  const namesOf = (...states: readonly ReadState[]): readonly string[] =>
    kinds.filter(({ state }) => states.includes(state)).map(({ kind }) => kind)
  const hiddenWorkloads = namesOf('forbidden')
  const found = kinds.flatMap((each) => [...each.values()]).filter(({ namespace }) => namespace === home)
  return {
    workloads:
      hiddenWorkloads.length === kinds.length
        ? undefined
        : uncovered(found, new Set(namesOf('live', 'polling', 'disconnected'))),
    readWorkloads: namesOf('live', 'polling'),
    hiddenWorkloads,
    unreadWorkloads: namesOf('loading', 'disconnected'),
  }
}

/** A Secret, by its name. */
interface SecretRef {
  readonly namespace: string
  readonly name: string
  readonly signal: AbortSignal
}

/** A user who may read the Secret, but not list it, gets it at each read. */
async function secretOf(
  client: KubeClient,
  { open: { secret }, ...ref }: SecretRef & { readonly open: OpenDetail },
): Promise<SecretRead> {
  if (secret?.state === 'forbidden') return { ...(await readSecretMetadata(client, ref)), isWatched: false }
  const object = secret?.get(`${ref.namespace}/${ref.name}`)
  if (object !== undefined) return { state: 'present', object }
  if (secret?.state === 'loading' || secret?.state === 'disconnected') return { state: secret.state }
  return { state: 'missing' }
}

/** Asks for metadata only: the API server does not send the content. */
async function readSecretMetadata(client: KubeClient, { namespace, name, signal }: SecretRef): Promise<SecretRead> {
  const path = objectPath(collectionPath('/api/v1/secrets', namespace), name)
  try {
    const object = await client.get(path, { accept: ACCEPT_METADATA, timeoutMs: TIMEOUT_MS, signal })
    return { state: 'present', object }
  } catch (error) {
    if (isKubeApiError(error, 404)) return { state: 'missing' }
    return { state: failedRead(error) }
  }
}

function eventsOf({ events }: OpenDetail): EventsView {
  const latest = [...events.values()].toSorted((a, b) => (a.time < b.time ? 1 : -1)).slice(0, MAX_EVENTS)
  if (events.state === 'forbidden' || events.state === 'loading') return { state: events.state }
  if (events.state === 'disconnected' && latest.length === 0) return { state: 'disconnected' }
  return {
    state: 'known',
    events: latest.map((event) => ({ ...event, type: event.type === 'Warning' ? 'Warning' : 'Normal' })),
  }
}

function failedRead(error: unknown): 'forbidden' | 'disconnected' {
  if (isKubeApiError(error, 403)) return 'forbidden'
  if (isKubeApiError(error) || isSecretSyncError(error)) return 'disconnected'
  throw toSecretSyncError(error, 'reading details')
}
