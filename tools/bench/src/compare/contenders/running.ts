import type { Measured } from '../../measure/meter.ts'

/** A running operator. */
export interface Running extends Measured {
  /** Version of Go, in its log. */
  readonly go?: string
  /** Resolves with its last lines when the process has ended. */
  readonly exited: Promise<string>
  stop(): Promise<unknown>
}
