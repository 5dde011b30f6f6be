import type { SecretBackend, SecretSyncError, SecretValue } from '@ack-secret-manager/core'

/** A read under way. */
export interface InFlightRead {
  readonly abort: AbortController
  /** The backend that was asked; the source's connection may have been replaced since. */
  readonly backend: SecretBackend
  /** Name of the backend for metrics. */
  readonly kind: string
  readonly startedMs: number
  /** Somebody has asked since for what is there now: another read has to tell. */
  isOutdated: boolean
}

/** How a read ended. `undefined` in place of it: in a way that says nothing about the source. */
export type Outcome =
  | { readonly value: SecretValue; readonly digest: string }
  | { readonly value?: undefined; readonly error: SecretSyncError }
