import { systemClock } from '@ack-secret-manager/core'
import {
  collectionPath,
  labelOf,
  type LiveExternalSecret,
  objectPath,
  type OperatorState,
  type ResourceEvent,
  secretNameOf,
  type StoreState,
  storeState,
  type TargetSecret,
  targetSecret,
} from '@ack-secret-manager/resource-view'
import { resourcePath } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../../kube/cluster-reader.ts'
import { type Confirmation, readConfirmation } from '../../kube/operator-metrics.ts'
import { readOperatorState } from '../../kube/operator-state.ts'
import { readEvents } from '../../kube/read-events.ts'

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
  const { namespace } = resource
  const name = secretNameOf(resource)
  const path = objectPath(collectionPath('/api/v1/secrets', namespace), name)
  const object = await reader.getIfAllowed(path, `metadata of Secret ${namespace}/${name}`, { metadataOnly: true })
  if (object === undefined) return undefined
  return targetSecret(object, resource)
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
