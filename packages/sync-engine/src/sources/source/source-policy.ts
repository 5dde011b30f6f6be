import type { BackoffOptions } from '@ack-secret-manager/core'
import type { RotationOptions } from './rotation-watch.ts'

/** The settings that all sources of a pool share. */
export interface SourcePolicy {
  readonly random: () => number
  readonly retry: BackoffOptions
  readonly rotation: RotationOptions
  readonly staleAfterIntervals: number
  readonly plaintextRetentionMs: number
}
