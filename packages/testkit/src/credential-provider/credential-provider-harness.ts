import type { CredentialProvider } from '@ack-secret-manager/core'

/** Abilities that some sources of credentials, or their tests, lack. */
export const CREDENTIAL_PROVIDER_ABILITIES = [
  'another',
  'refuse',
  'count',
  'renew',
  'outage',
  'hang',
  'expire',
] as const

/**
 * - `another`: `open({ identity: 'another' })` has another identity at the same source
 * - `refuse`: `open({ identity: 'refused' })` has an identity that the source refuses
 * - `count`: `asks()` returns the number of requests at the source
 * - `renew`: the source returns another credential for each request
 * - `outage`: `play('outage')` makes the source unreachable
 * - `hang`: `play('hang')` makes the source not respond
 * - `expire`: `passTime()` advances the clock of the provider and its source
 */
export type CredentialProviderAbility = (typeof CREDENTIAL_PROVIDER_ABILITIES)[number]

/** Fault of the source. */
export type CredentialFault = Extract<CredentialProviderAbility, 'outage' | 'hang'>

/** Options to open the provider under test. */
export interface CredentialProviderOpening {
  /** @default 'known' */
  readonly identity?: 'known' | 'another' | 'refused'
}

/** A credential provider, and the test's access to its source. */
export interface CredentialProviderHarness {
  /** Secret material of the provider, which must not show anywhere. The contract adds the credentials of the source. */
  readonly canaries: readonly string[]
  /** Opens the provider. The contract closes it. */
  open(opening: CredentialProviderOpening): CredentialProvider | Promise<CredentialProvider>
  /** Requests for a credential at the source so far, whatever their result. */
  asks?(): Promise<number>
  /** Starts a fault that lasts until {@link CredentialProviderHarness.recover}. */
  play?(fault: CredentialFault): Promise<void>
  /** Ends the fault. */
  recover?(): Promise<void>
  /** Advances the clock that provider and source share. */
  passTime?(milliseconds: number): Promise<void> | void
  close?(): Promise<void>
}
