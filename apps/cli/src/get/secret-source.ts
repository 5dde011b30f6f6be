import type { SecretBackend } from '@ack-secret-manager/core'

/** Source from which `get` reads. Must be closed. */
export interface SecretSource {
  readonly backend: SecretBackend
  /** `HOST[:PORT]`, for messages. @default not known */
  readonly endpoint?: string
  close(): Promise<void>
}
