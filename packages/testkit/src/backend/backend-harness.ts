import type { SecretBackend } from '@ack-secret-manager/core'

/** Abilities that some managers, or their tests, lack. */
export const BACKEND_ABILITIES = [
  'binary',
  'stages',
  'versions',
  'count',
  'deny',
  'strangers',
  'throttle',
  'outage',
  'garbage',
  'hang',
  'checkAccess',
] as const

/**
 * - `binary`: stores bytes that are not text
 * - `stages`: the previous version has the stage `ACSPrevious`
 * - `versions`: a previous version can be read by its id
 * - `count`: `reads()` returns the number of received reads
 * - `deny`: `deny()` revokes the permission to read one secret
 * - `strangers`: `open({ identity: 'stranger' })` has an identity that the manager does not know
 * - `throttle`, `outage`, `garbage`, `hang`: `play()` makes the next read of a secret fail that way
 * - `checkAccess`: the backend implements that method
 */
export type BackendAbility = (typeof BACKEND_ABILITIES)[number]

/** Fault of the next read of a secret. */
export type BackendFault = Extract<BackendAbility, 'throttle' | 'outage' | 'garbage' | 'hang'>

/** Options to open the backend under test. */
export interface BackendOpening {
  /** @default 'reader': may read everything */
  readonly identity?: 'reader' | 'stranger'
  /** Use a deadline of some seconds: a request is sent before it, and a response arrives before it. @default false */
  readonly impatient?: boolean
}

/** A backend, and the test's access to its manager. */
export interface BackendHarness {
  /** Secret material of the identities, which must not show anywhere. */
  readonly canaries?: readonly string[]
  /** Opens the backend. The contract closes it. */
  open(opening: BackendOpening): SecretBackend | Promise<SecretBackend>
  /** Creates a new current version of a secret. The former one becomes `ACSPrevious`. */
  put(name: string, content: { readonly text: string } | { readonly binary: Uint8Array }): Promise<void>
  /** Reads of values that the manager has received, whatever their result. */
  reads?(): Promise<number>
  /** Denies the reader this secret from now on. */
  deny?(name: string): Promise<void>
  /** Makes only the next read of this secret fail. */
  play?(fault: BackendFault, name: string): Promise<void>
  close?(): Promise<void>
}
