/**
 * `ready` · `degraded`: not Ready, but the Secret keeps its last values · `failing`: not Ready, and no Secret was written ·
 * `pending`: the operator has not reported yet · `suspended`.
 * Every state but `ready` and `suspended` counts as not ready, as in `acksm status`.
 */
export type ResourceState = 'ready' | 'degraded' | 'failing' | 'pending' | 'suspended'

/** One ExternalSecret in the table. Everything is text from the cluster: any character, any direction, up to 253 or 1,000 characters. */
export interface ResourceRow {
  /** `namespace/name`; unique. */
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly state: ResourceState
  /** Reason of the Ready condition; empty before the first report. */
  readonly reason: string
  /** Message of it, at most 200 characters; {@link ResourceDetail.message} has all. */
  readonly message: string
  /** Last transition of Ready; RFC 3339. The reason may be newer, so that pages say "not Ready for". */
  readonly since?: string
  /** Name of the Secret that it writes. */
  readonly secret: string
  /** Keys that the operator manages; absent before the first write. */
  readonly keyCount?: number
  /** Last write of the Secret. */
  readonly changedAt?: string
  /** The earliest rotation of one of its KMS secrets, or renewal of one of its generated keys. */
  readonly nextRotation?: string
  /** {@link StoreRow.id} of its stores; empty if it reads with the identity of the operator. */
  readonly stores: readonly string[]
  /** The ClusterExternalSecret that created it. */
  readonly createdBy?: string
  /** The operator has not handled the latest spec yet. */
  readonly isOutdated: boolean
  readonly isDeleting: boolean
  /** The operator has not handled the last refresh request yet. */
  readonly isRefreshing: boolean
}
