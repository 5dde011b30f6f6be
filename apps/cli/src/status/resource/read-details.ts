import { systemClock } from '@ack-secret-manager/core'
import { decodeProvenance } from '@ack-secret-manager/k8s-writer'
import { PROVENANCE_ANNOTATION } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../../kube/cluster-reader.ts'
import { collectionPath, objectPath, resourcePath } from '../../kube/collections.ts'
import { type Confirmation, readConfirmation } from '../../kube/operator-metrics.ts'
import { type OperatorState, readOperatorState } from '../../kube/operator-state.ts'
import { readEvents, type ResourceEvent } from '../../kube/read-events.ts'
import { labelOf, type LiveExternalSecret } from '../../kube/resource-objects.ts'
import { type StoreState, storeState } from '../../kube/store-state.ts'
import { secretNameOf } from '../overview/group-failures.ts'

/** A key of the Secret, and where its value is from. */
export interface KeySource {
  readonly key: string
  readonly secret: string
  readonly versionId: string
}

/** The Secret of an ExternalSecret, without its content. */
export interface TargetSecret {
  readonly name: string
  /** Undefined if the record of the operator is missing, as in a Secret of another owner. */
  readonly type: string | undefined
  readonly keys: readonly KeySource[]
}

/** Everything about one ExternalSecret. */
export interface Details {
  readonly resource: LiveExternalSecret
  /** Undefined if it does not exist, or if the user may not read it. */
  readonly secret: TargetSecret | undefined
  readonly stores: readonly StoreState[]
  readonly events: readonly ResourceEvent[]
  readonly operator: OperatorState
  readonly confirmation: Confirmation
}

/** Reads what the user may see about one ExternalSecret. */
export async function readDetails(
  reader: ClusterReader,
  resource: LiveExternalSecret,
  operatorNamespace: string | undefined,
): Promise<Details> {
  const { namespace, name } = resource
  const operator = await readOperatorState(reader, systemClock.now(), operatorNamespace)
  const [secret, stores, events, confirmation] = await Promise.all([
    readTarget(reader, resource),
    readStores(reader, resource),
    readEvents(reader, { kind: 'ExternalSecret', namespace, name }),
    readConfirmation(reader, operator, resource),
  ])
  return { resource, secret, stores, events, operator, confirmation }
}

/** Reads only the metadata of the Secret, whose record names the source of each key. */
export async function readTarget(
  reader: ClusterReader,
  resource: LiveExternalSecret,
): Promise<TargetSecret | undefined> {
  const { namespace, name: owner } = resource
  const name = secretNameOf(resource)
  const path = objectPath(collectionPath('/api/v1/secrets', namespace), name)
  const object = await reader.getIfAllowed(path, `metadata of Secret ${namespace}/${name}`, { metadataOnly: true })
  if (object === undefined) return undefined
  const record = decodeProvenance(object.metadata.annotations?.[PROVENANCE_ANNOTATION] ?? '', { namespace, name })
  const keys = [...(record?.records.get(owner)?.keys ?? [])]
  return { name, type: record?.type, keys: keys.map(([key, { secret, versionId }]) => ({ key, secret, versionId })) }
}

/** The stores of an ExternalSecret that exist and that the user may read. */
export async function readStores(
  reader: ClusterReader,
  { stores }: LiveExternalSecret,
): Promise<readonly StoreState[]> {
  const found = await Promise.all(
    stores.map(async (store) => {
      const object = await reader.getIfAllowed(resourcePath(store.kind, store.namespace, store.name), labelOf(store))
      return object === undefined ? [] : [storeState(store.kind, object)]
    }),
  )
  return found.flat()
}
