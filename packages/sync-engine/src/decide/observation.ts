import type { ObservedSecret } from '@ack-secret-manager/core'

/** The observed state of a target. */
export interface Observation {
  readonly secret: ObservedSecret | undefined
  /** The content was read as well, not only the metadata. */
  readonly inspected: boolean
}

/** An observation of a Secret that exists. */
export type ExistingSecret = Observation & { readonly secret: ObservedSecret }
