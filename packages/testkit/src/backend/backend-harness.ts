import type { SecretBackend } from '@ack-secret-manager/core'

/** What not every manager can do, or not every test of one can make it do. */
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
 * - `binary`: keeps bytes that are no text
 * - `stages`: the version before the current one is read by the stage `ACSPrevious`
 * - `versions`: a former version is read by its id
 * - `count`: `reads()` tells how many reads have arrived
 * - `deny`: `deny()` takes away the right to read one secret
 * - `strangers`: `open({ identity: 'stranger' })` proves itself as nobody the manager knows
 * - `throttle`, `outage`, `garbage`, `hang`: `play()` makes the next read of a secret fail that way
 * - `checkAccess`: the backend has that method
 */
export type BackendAbility = (typeof BACKEND_ABILITIES)[number]

/** How the next read of a secret goes wrong. */
export type BackendFault = Extract<BackendAbility, 'throttle' | 'outage' | 'garbage' | 'hang'>

/** With what the backend under test is opened. */
export interface BackendOpening {
  /** @default 'reader': may read everything */
  readonly identity?: 'reader' | 'stranger'
  /** With a deadline of its own of some seconds: a call that is not answered has left before it, and one that is answered ends. @default false */
  readonly impatient?: boolean
}

/** A backend, and its manager as somebody else sees it. */
export interface BackendHarness {
  /** Secret material of the identities: shows up nowhere. */
  readonly canaries?: readonly string[]
  /** Opens the backend. The contract closes it. */
  open(opening: BackendOpening): SecretBackend | Promise<SecretBackend>
  /** Makes this the current version of a secret, which may be new; the former one becomes `ACSPrevious`. */
  put(name: string, content: { readonly text: string } | { readonly binary: Uint8Array }): Promise<void>
  /** Reads of values that have arrived at the manager so far, whatever was answered. */
  reads?(): Promise<number>
  /** From now on the reader may not read this secret. */
  deny?(name: string): Promise<void>
  /** The next read of this secret, and no other, goes wrong. */
  play?(fault: BackendFault, name: string): Promise<void>
  close?(): Promise<void>
}
