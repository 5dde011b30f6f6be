/* oxlint-disable vitest/no-standalone-expect -- called by the cases of the contract */
import type { Credential, CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'
import { expect } from 'vitest'
import { failureOf } from '../failure-of.ts'
import { expectRedacted } from '../redaction.ts'
import type { CredentialProviderHarness, CredentialProviderOpening } from './credential-provider-harness.ts'

const never = new AbortController().signal

/** One case's dealings with a provider. Keeps all that was told, to be searched for secret material at the end. */
export class CredentialProviderCaseContext {
  readonly harness: CredentialProviderHarness
  readonly #opened: CredentialProvider[] = []
  readonly #results: unknown[] = []
  readonly #canaries = new Set<string>()

  constructor(harness: CredentialProviderHarness) {
    this.harness = harness
    for (const canary of harness.canaries) this.#canaries.add(canary)
  }

  async open(opening: CredentialProviderOpening = {}): Promise<CredentialProvider> {
    const provider = await this.harness.open(opening)
    this.#opened.push(provider)
    this.#results.push(provider.identity, provider)
    return provider
  }

  async credential(provider: CredentialProvider, signal: AbortSignal = never): Promise<Credential> {
    const credential = await provider.credential({ signal })
    this.#results.push(credential)
    // What the source gave is as secret as what it was given.
    this.#canaries.add(credential.accessKeySecret.expose())
    if (credential.securityToken !== undefined) this.#canaries.add(credential.securityToken.expose())
    return credential
  }

  /** The error of a request that has to fail. */
  failure(provider: CredentialProvider, signal: AbortSignal = never): Promise<SecretSyncError> {
    return failureOf('the request', provider.credential({ signal }), (error) => this.#results.push(error))
  }

  /** Runs `work`; afterwards the source was asked exactly so often, where the harness can tell. */
  async expectAsks<T>(expected: number, work: () => Promise<T>): Promise<T> {
    const before = await this.harness.asks?.()
    const result = await work()
    if (before !== undefined)
      expect((await this.harness.asks?.()) ?? 0, 'times the source was asked').toBe(before + expected)
    return result
  }

  /** Nothing that was returned or thrown tells what must not be told. */
  expectRedacted(): void {
    expectRedacted(
      this.#results,
      [...this.#canaries].filter((canary) => canary !== ''),
    )
  }

  async end(): Promise<void> {
    for (const provider of this.#opened.toReversed()) await provider.close()
    await this.harness.close?.()
  }
}
