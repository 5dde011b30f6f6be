import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { API_VERSION, type ParseResult, resourcePath } from '@ack-secret-manager/resources'
import type { StoreResource } from '@ack-secret-manager/stores'
import type { StoreKind } from './store-kind.ts'

/** Name of a store; the namespace of a ClusterSecretStore is empty. */
export interface StoreName {
  readonly namespace: string
  readonly name: string
}

export interface CachedStore extends StoreName {
  readonly kind: StoreKind
  readonly uid: string
  readonly generation: number
  readonly resourceVersion: string
  readonly parsed: ParseResult<StoreResource>
  readonly status: unknown
}

/**
 * Parses a store and drops the fields that are not needed.
 * @param before previous state; its spec is reused while the generation is the same, because an older CRD prunes `allow`, which would
 * open the store
 */
export function toCachedStore(kind: StoreKind, raw: KubeObject, before?: CachedStore): CachedStore {
  const { namespace = '', name = '', uid = '', generation = 0, resourceVersion = '' } = raw.metadata
  const isSame = before?.uid === uid && before.generation === generation
  // List items have no apiVersion and kind.
  const parsed = isSame ? before.parsed : kind.parse({ ...raw, apiVersion: API_VERSION, kind: kind.kind })
  return { kind, namespace, name, uid, generation, resourceVersion, parsed, status: raw['status'] }
}

/** API path of a store; the namespace of a ClusterSecretStore is empty. */
export function storePath(namespace: string, name: string): string {
  return resourcePath(namespace === '' ? 'ClusterSecretStore' : 'SecretStore', namespace, name)
}
