import type { SecretBackend } from '@ack-secret-manager/core'

/** Where `get` reads from. Close it. */
export interface SecretSource {
  readonly backend: SecretBackend
  close(): Promise<void>
}
