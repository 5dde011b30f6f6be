import type { CredentialProvider } from '@ack-secret-manager/core'

/** What not every source of credentials can do, or not every test of one can make it do. */
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
 * - `another`: `open({ identity: 'another' })` is somebody else by the same source
 * - `refuse`: `open({ identity: 'refused' })` is somebody to whom the source gives nothing
 * - `count`: `asks()` tells how often the source was asked
 * - `renew`: a source that is asked again gives another credential
 * - `outage`: `play('outage')` makes the source unreachable
 * - `hang`: `play('hang')` makes the source fall silent
 * - `expire`: `passTime()` moves the clock of the provider and of its source
 */
export type CredentialProviderAbility = (typeof CREDENTIAL_PROVIDER_ABILITIES)[number]

/** How the source goes wrong. */
export type CredentialFault = Extract<CredentialProviderAbility, 'outage' | 'hang'>

/** As whom the provider under test is opened. */
export interface CredentialProviderOpening {
  /** @default 'known' */
  readonly identity?: 'known' | 'another' | 'refused'
}

/** A credential provider, and its source as somebody else sees it. */
export interface CredentialProviderHarness {
  /** Secret material that the provider is given: shows up nowhere. What its source gives is added by the contract. */
  readonly canaries: readonly string[]
  /** Opens the provider. The contract closes it. */
  open(opening: CredentialProviderOpening): CredentialProvider | Promise<CredentialProvider>
  /** How often the source was asked for a credential so far, whatever it answered. */
  asks?(): Promise<number>
  /** From now on, until {@link CredentialProviderHarness.recover}. */
  play?(fault: CredentialFault): Promise<void>
  /** The source is well again. */
  recover?(): Promise<void>
  /** Moves the clock that provider and source share. */
  passTime?(milliseconds: number): Promise<void> | void
  close?(): Promise<void>
}
