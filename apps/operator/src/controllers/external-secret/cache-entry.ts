import type { SyncResource } from '@ack-secret-manager/sync-engine'
import type { Route } from '../../shards/resource-routes.ts'
import type { CachedExternalSecret } from '../cluster-external-secret/cached-external-secret.ts'

/** Cached fields of an ExternalSecret; the engine keeps the rest. */
export interface CacheEntry {
  readonly uid: string
  readonly generation: number
  route: Route
  /** Undefined while another process syncs it, because most of the memory of a resource is its spec. */
  spec: SyncResource['spec'] | undefined
  /** Set until the engine has received it. */
  pending: SyncResource | undefined
  readonly cached: CachedExternalSecret | undefined
}
