import type { Measured } from '../../measure/meter.ts'

/** A running operator. */
export interface Running extends Measured {
  /** Version of Go, in its log. */
  readonly go?: string
  stop(): Promise<unknown>
}
