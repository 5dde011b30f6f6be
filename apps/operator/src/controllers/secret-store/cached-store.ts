import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { API_VERSION, GROUP, type ParseResult, VERSION } from '@ack-secret-manager/resources'
import type { StoreResource } from '@ack-secret-manager/stores'
import { CLUSTER_SECRET_STORE, SECRET_STORE, type StoreKind } from './store-kind.ts'

/** Names a store; the namespace of a ClusterSecretStore is empty. */
export interface StoreName {
  readonly namespace: string
  readonly name: string
}

/** A store as the API server has it. */
export interface SeenStore extends StoreName {
  readonly kind: StoreKind
  readonly uid: string
  readonly generation: number
  readonly resourceVersion: string
  readonly parsed: ParseResult<StoreResource>
  readonly status: unknown
}

/** What is kept of a store. */
export function seenStoreOf(kind: StoreKind, raw: KubeObject): SeenStore {
  const { namespace = '', name = '', uid = '', generation = 0, resourceVersion = '' } = raw.metadata
  // Items of a list come without these two.
  const parsed = kind.parse({ ...raw, apiVersion: API_VERSION, kind: kind.kind })
  return { kind, namespace, name, uid, generation, resourceVersion, parsed, status: raw['status'] }
}

/** Path of a store; the namespace of a ClusterSecretStore is empty. */
export function storePath(namespace: string, name: string): string {
  const collection = namespace === '' ? CLUSTER_SECRET_STORE.plural : `namespaces/${namespace}/${SECRET_STORE.plural}`
  return `/apis/${GROUP}/${VERSION}/${collection}/${name}`
}
