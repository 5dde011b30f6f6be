import type { SecretSyncError } from '@ack-secret-manager/core'
import type { FindEntry } from '@ack-secret-manager/resources'

/**
 * Why a secret is found, in ascending order: the higher claim gets a key that two secrets want.
 * - `added`: a list shows it, and the target does not have it. Only these can be refused.
 * - `other-store`: the target has a secret of this name from a find of another store that was removed from the spec.
 * - `former`: the same, from the store of this find.
 * - `held`: the target has it because of this find.
 */
export type Claim = 'added' | 'other-store' | 'former' | 'held'

/** A secret of a find, with the key that its name gives, or why it gives none. */
export interface FoundSecret {
  readonly name: string
  readonly key: string | SecretSyncError
  readonly claim: Claim
}

/** Why a find adds nothing now. */
export interface FindProblem {
  readonly error: SecretSyncError
  /** Its list is older than the staleness limit. */
  readonly stale: boolean
}

/** A find in the record of the target. */
export interface PlannedFind {
  /** Identifies its store and conditions in the record. */
  readonly id: string
  /** Path of the find, such as `spec.dataFrom[0].find`. */
  readonly field: string
  readonly problem: FindProblem | undefined
  /** The record names it: a list was complete once, so every secret that the target lacks is an addition. */
  readonly isEstablished: boolean
  /** This sync has a complete list. */
  readonly isComplete: boolean
}

/** What one entry of `dataFrom` finds. */
export interface Found extends PlannedFind {
  readonly find: FindEntry['find']
  /** In the order of their names, those of the target first. */
  readonly secrets: readonly FoundSecret[]
}
