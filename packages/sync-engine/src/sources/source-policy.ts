import type { BackoffOptions } from '@ack-secret-manager/core'
import type { RotationOptions } from './rotation-watch.ts'

/** What all sources of a pool have in common. */
export interface SourcePolicy {
  readonly random: () => number
  readonly retry: BackoffOptions
  readonly rotation: RotationOptions
  readonly staleAfterIntervals: number
  readonly plaintextRetentionMs: number
}
