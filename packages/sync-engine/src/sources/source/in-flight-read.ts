import type { SecretBackend, SecretSyncError, SecretValue } from '@ack-secret-manager/core'

export interface InFlightRead {
  /** Cancels this read. The call of a batch goes on for the others. */
  readonly cancel: (reason: SecretSyncError) => void
  /** The backend of the read; the connection of the source may have been replaced since. */
  readonly backend: SecretBackend
  /** Name of the backend for metrics. */
  readonly kind: string
  readonly startedMs: number
  /** A forced read was requested since, so the result is discarded and the secret read again. */
  isOutdated: boolean
}

/** The result of a read; `undefined` instead of it if the end says nothing about the source. */
export type Outcome =
  | { readonly value: SecretValue; readonly digest: string; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: SecretSyncError }
