import { type CallerIdentity, StsClient } from '@ack-secret-manager/alicloud-openapi'
import { type CredentialProvider, isSecretSyncError } from '@ack-secret-manager/core'

/** Deadline of one question. */
const TIMEOUT_MS = 5_000
/** Identities that are remembered; above it the oldest is asked for again. */
const MAX_REMEMBERED = 1_000

/** Who identities are, as STS tells it. Each is asked for once. */
export class CallerIdentities {
  readonly #sts: () => StsClient
  #client: StsClient | undefined
  readonly #known = new Map<string, CallerIdentity>()
  readonly #asked = new Map<string, Promise<CallerIdentity | undefined>>()

  constructor(sts: { readonly region: string; readonly stsEndpoint?: string }) {
    const { region, stsEndpoint } = sts
    this.#sts = () =>
      new StsClient({
        region,
        timeoutMs: TIMEOUT_MS,
        ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }),
      })
  }

  /** As far as it is known; asks nobody. */
  get(provider: CredentialProvider): CallerIdentity | undefined {
    return this.#known.get(provider.identity.fingerprint)
  }

  /** Undefined when STS does not tell within five seconds: reading secrets does not depend on it. */
  async ask(provider: CredentialProvider, signal: AbortSignal): Promise<CallerIdentity | undefined> {
    const { fingerprint } = provider.identity
    const known = this.#known.get(fingerprint)
    if (known !== undefined) return known
    const asked = this.#asked.get(fingerprint) ?? this.#ask(provider, signal)
    this.#asked.set(fingerprint, asked)
    try {
      return await asked
    } finally {
      this.#asked.delete(fingerprint)
    }
  }

  async close(): Promise<void> {
    await this.#client?.close()
  }

  async #ask(provider: CredentialProvider, signal: AbortSignal): Promise<CallerIdentity | undefined> {
    try {
      this.#client ??= this.#sts()
      const identity = await this.#client.callerIdentity(provider, { signal })
      const [oldest] = this.#known.keys()
      if (this.#known.size >= MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
      this.#known.set(provider.identity.fingerprint, identity)
      return identity
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return undefined
    }
  }
}
