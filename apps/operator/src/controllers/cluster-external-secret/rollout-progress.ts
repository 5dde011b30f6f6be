import type { Clock } from '@ack-secret-manager/core'
import { DriftBackoff } from '@ack-secret-manager/sync-engine'
import type { CachedClusterExternalSecret } from './cached-cluster-external-secret.ts'

/** Progress of one generation of a ClusterExternalSecret. */
export interface RolloutProgress {
  readonly uid: string
  readonly generation: number
  /** Error messages by namespace. */
  readonly failures: Map<string, string>
  readonly drift: DriftBackoff
  /** Namespaces whose ExternalSecret another client modified. */
  readonly driftedIn: Set<string>
  /** Selected namespaces whose ExternalSecret was deleted. Kept across generations, because deleting the owner starts a new one. */
  readonly deletedIn: Set<string>
  /** Delay of the next status update. */
  statusDelayMs: number
  /** The last status written, to recognize it in the watch. */
  lastWritten: object | undefined
}

/** Delay of a status update after the first change, so that one update covers several changes. */
export const STATUS_DELAY_MS = 1_000
const MAX_STATUS_DELAY_MS = 5_000

/** {@link RolloutProgress} of all ClusterExternalSecrets. */
export class RolloutTracker {
  readonly #clock: Clock
  readonly #byName = new Map<string, RolloutProgress>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  of({ name, uid, generation }: CachedClusterExternalSecret): RolloutProgress {
    const known = this.#byName.get(name)
    if (known?.uid === uid && known.generation === generation) return known
    const fresh: RolloutProgress = {
      uid,
      generation,
      failures: new Map(),
      drift: new DriftBackoff(this.#clock),
      driftedIn: new Set(),
      deletedIn: known?.uid === uid ? known.deletedIn : new Set(),
      statusDelayMs: STATUS_DELAY_MS,
      lastWritten: undefined,
    }
    this.#byName.set(name, fresh)
    return fresh
  }

  forget(name: string): void {
    this.#byName.delete(name)
  }
}

/** The more namespaces are pending, the longer the delay, to limit the number of status updates. */
export function statusDelayMs(pending: number): number {
  return Math.min(MAX_STATUS_DELAY_MS, Math.max(STATUS_DELAY_MS, pending))
}
