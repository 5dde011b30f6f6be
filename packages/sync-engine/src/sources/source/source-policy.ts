import type { BackoffOptions } from '@ack-secret-manager/core'
import type { RotationOptions } from './rotation-watch.ts'

/** The settings that all sources of a pool share. */
export interface SourcePolicy {
  readonly random: () => number
  /** Sources of one connection are due at common times, so that one call can read several. */
  readonly hasBatches: boolean
  readonly retry: BackoffOptions
  readonly rotation: RotationOptions
  readonly staleAfterIntervals: number
  readonly plaintextRetentionMs: number
}
