import type { SecretSyncError } from '@ack-secret-manager/core'
import type { DataFromEntry } from '@ack-secret-manager/resources'

/** What one entry of `dataFrom` has found. */
export interface Found {
  /** Path of the find, such as `spec.dataFrom[0].find`. */
  readonly field: string
  readonly find: DataFromEntry['find']
  /** Name of the secret by key. */
  readonly keys: ReadonlyMap<string, string>
  /** Why it may have found too few. */
  readonly error: SecretSyncError | undefined
  /** Its list is older than the staleness limit. */
  readonly stale: boolean
}
