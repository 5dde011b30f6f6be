import type { Clock } from '@ack-secret-manager/core'
import { DriftPacer } from '@ack-secret-manager/sync-engine'
import type { SeenClusterExternalSecret } from './cached-cluster-external-secret.ts'

/** What happened to a ClusterExternalSecret since its spec changed last. */
export interface Progress {
  readonly uid: string
  readonly generation: number
  /** Why it failed, by namespace. */
  readonly failures: Map<string, string>
  readonly drift: DriftPacer
  /** Namespaces in which somebody has changed what was made. */
  readonly drifted: Set<string>
  /** Namespaces in which its ExternalSecret was deleted. Kept for the next generation, because a deletion is one. */
  readonly lost: Set<string>
  /** How long a change may wait for its status. */
  reviewPauseMs: number
  /** Status that the last review has written; it may come back from the watch at any time. */
  told: object | undefined
}

/** A status is written so long after the first change that it tells, and later where much is still to be done. */
export const REVIEW_PAUSE_MS = 1_000
const MAX_REVIEW_PAUSE_MS = 5_000

/** {@link Progress} of all ClusterExternalSecrets. */
export class ProgressBook {
  readonly #clock: Clock
  readonly #pages = new Map<string, Progress>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  of({ name, uid, generation }: SeenClusterExternalSecret): Progress {
    const known = this.#pages.get(name)
    if (known?.uid === uid && known.generation === generation) return known
    const fresh: Progress = {
      uid,
      generation,
      failures: new Map(),
      drift: new DriftPacer(this.#clock),
      drifted: new Set(),
      lost: known?.uid === uid ? known.lost : new Set(),
      reviewPauseMs: REVIEW_PAUSE_MS,
      told: undefined,
    }
    this.#pages.set(name, fresh)
    return fresh
  }

  forget(name: string): void {
    this.#pages.delete(name)
  }
}

/** The more namespaces wait, the less it matters that one of them is told at once. */
export function reviewPauseMs(pending: number): number {
  return Math.min(MAX_REVIEW_PAUSE_MS, Math.max(REVIEW_PAUSE_MS, pending))
}
