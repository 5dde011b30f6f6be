import type { LiveExternalSecret } from '@ack-secret-manager/resource-view'
import type { Log } from '../output/log.ts'

/** Which ExternalSecrets to follow. */
export interface FollowScope {
  /** Undefined for all. */
  readonly namespace: string | undefined
  readonly selector: string | undefined
  readonly name?: string
}

/** What receives the ExternalSecrets. */
export interface Follower {
  /** Called for each object of the first list and for each change; undefined if it was deleted. */
  readonly onChange: (key: string, now: LiveExternalSecret | undefined) => void
  readonly log: Log
}
