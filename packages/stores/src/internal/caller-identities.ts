import { type CallerIdentity, StsClient } from '@ack-secret-manager/alicloud-openapi'
import {
  type Clock,
  type CredentialProvider,
  type Identity,
  isOutage,
  isSecretSyncError,
  SecretSyncError,
} from '@ack-secret-manager/core'

/** Deadline of one question. */
const TIMEOUT_MS = 5_000
/** Identities that are remembered; above it the oldest is asked for again. */
const MAX_REMEMBERED = 1_000
/** How long STS is left alone after it could not be reached: many a VPC has no way to it, and no store should wait for that. */
const SILENCE_MS = 60_000

/** Options of {@link CallerIdentities}. */
export interface CallerIdentitiesOptions {
  readonly sts: { readonly region: string; readonly stsEndpoint?: string }
  readonly clock: Clock
  /** Told of each answer. */
  readonly onKnown: (identity: Identity, caller: CallerIdentity) => void
}

/** Who identities are, as STS tells it: asked for once, until {@link CallerIdentities.forget}. */
export class CallerIdentities {
  readonly #options: CallerIdentitiesOptions
  readonly #closing = new AbortController()
  readonly #known = new Map<string, CallerIdentity>()
  readonly #asked = new Map<string, Promise<CallerIdentity | undefined>>()
  #client: StsClient | undefined
  #silentUntilMs = -Infinity

  constructor(options: CallerIdentitiesOptions) {
    this.#options = options
  }

  /** As far as it is known; asks nobody. */
  get({ identity }: CredentialProvider): CallerIdentity | undefined {
    return this.#known.get(identity.fingerprint)
  }

  /** What was known of an identity may be so no more. */
  forget({ identity }: CredentialProvider): void {
    this.#known.delete(identity.fingerprint)
  }

  /**
   * Undefined when STS does not say within five seconds: reading secrets does not depend on it.
   * @throws SecretSyncError `Unauthenticated` when STS refuses the credential and a renewed one; `Cancelled`
   */
  async ask(provider: CredentialProvider, signal: AbortSignal): Promise<CallerIdentity | undefined> {
    const { fingerprint } = provider.identity
    const known = this.#known.get(fingerprint)
    if (known !== undefined || this.#options.clock.monotonic() < this.#silentUntilMs) return known
    // Whoever asks first may leave: the question is everybody's.
    const asked = this.#asked.get(fingerprint) ?? this.#ask(provider)
    this.#asked.set(fingerprint, asked)
    return unlessAborted(asked, signal)
  }

  /** Aborts questions under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#asked.values())
    await this.#client?.close()
  }

  async #ask(provider: CredentialProvider): Promise<CallerIdentity | undefined> {
    const { identity } = provider
    const { clock, onKnown } = this.#options
    try {
      const caller = await this.#callerOf(provider)
      const [oldest] = this.#known.keys()
      if (this.#known.size >= MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
      this.#known.set(identity.fingerprint, caller)
      onKnown(identity, caller)
      return caller
    } catch (error) {
      if (!isSecretSyncError(error) || error.code === 'Unauthenticated') throw error
      if (isOutage(error.code)) this.#silentUntilMs = clock.monotonic() + SILENCE_MS
      return undefined
    } finally {
      this.#asked.delete(identity.fingerprint)
    }
  }

  /** A session that was ended is renewed once. */
  async #callerOf(provider: CredentialProvider): Promise<CallerIdentity> {
    const { signal } = this.#closing
    const client = (this.#client ??= this.#connect())
    const credential = await provider.credential({ signal })
    try {
      return await client.callerIdentity(credential, { signal })
    } catch (error) {
      if (!isSecretSyncError(error) || error.code !== 'Unauthenticated') throw error
      provider.invalidate(credential)
      const renewed = await provider.credential({ signal })
      if (renewed.accessKeyId === credential.accessKeyId) throw error
      return await client.callerIdentity(renewed, { signal })
    }
  }

  #connect(): StsClient {
    const { sts, clock } = this.#options
    const { region, stsEndpoint: endpoint } = sts
    return new StsClient({ region, timeoutMs: TIMEOUT_MS, clock, ...(endpoint === undefined ? {} : { endpoint }) })
  }
}

/** What `work` gives, unless this one caller is not waiting any more. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const cancelled = (): SecretSyncError => new SecretSyncError('Cancelled', 'asking STS for the identity: cancelled')
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(cancelled())
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
