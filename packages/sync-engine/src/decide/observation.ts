import type { ObservedSecret } from '@ack-secret-manager/core'

/** What was looked at. */
export interface Observation {
  readonly secret: ObservedSecret | undefined
  /** The content was looked at, not only the metadata. */
  readonly inspected: boolean
}

/** Something was there. */
export type ExistingSecret = Observation & { readonly secret: ObservedSecret }
