/* oxlint-disable vitest/no-standalone-expect -- called by the cases of the contract */
import type { Credential, CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'
import { expect } from 'vitest'
import { expectFailure } from '../expect-failure.ts'
import { expectRedacted } from '../redaction.ts'
import type { CredentialProviderHarness, CredentialProviderOpening } from './credential-provider-harness.ts'

const never = new AbortController().signal

/** Context of one case. Collects all results and errors, which must contain no secret material. */
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
    // Credentials from the source are secret as well.
    this.#canaries.add(credential.accessKeySecret.expose())
    if (credential.securityToken !== undefined) this.#canaries.add(credential.securityToken.expose())
    return credential
  }

  /** The error of a request that must fail. */
  failure(provider: CredentialProvider, signal: AbortSignal = never): Promise<SecretSyncError> {
    return expectFailure('the request', provider.credential({ signal }), (error) => this.#results.push(error))
  }

  /** Runs `work` and asserts the number of requests at the source, if the harness counts them. */
  async expectAsks<T>(expected: number, work: () => Promise<T>): Promise<T> {
    const before = await this.harness.asks?.()
    const result = await work()
    if (before !== undefined)
      expect((await this.harness.asks?.()) ?? 0, 'requests at the source').toBe(before + expected)
    return result
  }

  /** Asserts that no result or error contains secret material. */
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
