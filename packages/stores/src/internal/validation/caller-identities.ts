import {
  type Clock,
  type Credential,
  type CredentialProvider,
  defined,
  type Identity,
  isOutage,
  isSecretSyncError,
  type ProxyRoutes,
  remember,
  SecretSyncError,
  withDeadline,
  withSignal,
} from '@ack-secret-manager/core'
import { type CallerIdentity, StsClient } from '@ack-secret-manager/alicloud-openapi'

/** Deadline of one GetCallerIdentity call, and of the credential that it needs. */
const TIMEOUT_MS = 5_000
/** Maximum number of cached identities; the oldest is evicted first. */
const MAX_CACHED = 1_000
/** Pause after STS was unreachable. Many VPCs have no route to STS, and stores must not wait for each attempt. */
const PAUSE_MS = 60_000
/** Key of a pause for all accounts; no account has an empty id. */
const ALL_ACCOUNTS = ''

export interface CallerIdentitiesOptions {
  readonly sts: { readonly region: string; readonly stsEndpoint?: string; readonly proxy?: ProxyRoutes }
  readonly clock: Clock
  readonly onVerified: (identity: Identity, caller: CallerIdentity) => void
}

/** Caller identities as STS reports them: verified once, and again after {@link CallerIdentities.recheck}. */
export class CallerIdentities {
  readonly #options: CallerIdentitiesOptions
  readonly #closing = new AbortController()
  readonly #known = new Map<string, { readonly caller: CallerIdentity; readonly isStale: boolean }>()
  /** Refusals that have already caused a recheck. */
  readonly #refusals = new WeakSet<SecretSyncError>()
  readonly #pending = new Map<string, Promise<CallerIdentity | undefined>>()
  #client: StsClient | undefined
  /** By account. */
  readonly #pausedUntilMs = new Map<string, number>()

  constructor(options: CallerIdentitiesOptions) {
    this.#options = options
  }

  /** The cached identity; makes no call. */
  get({ identity }: CredentialProvider): CallerIdentity | undefined {
    return this.#known.get(identity.fingerprint)?.caller
  }

  /** Marks the cached identity as stale. The same refusal does so only once. */
  recheck({ identity: { fingerprint } }: CredentialProvider, refusal: SecretSyncError): void {
    const known = this.#known.get(fingerprint)
    if (known !== undefined && !this.#refusals.has(refusal)) this.#known.set(fingerprint, { ...known, isStale: true })
    this.#refusals.add(refusal)
  }

  /**
   * The identity of a provider; undefined when STS does not respond within five seconds, because reads do not depend on it.
   * @throws SecretSyncError `Unauthenticated` when STS rejects the credential and a renewed one; `Cancelled`
   */
  async verify(provider: CredentialProvider, signal: AbortSignal): Promise<CallerIdentity | undefined> {
    const { fingerprint, account } = provider.identity
    const known = this.#known.get(fingerprint)
    if (known?.isStale === false || this.#isPaused(account)) return known?.caller
    // Callers share one request, so the request ignores the signal of its first caller.
    const pending = this.#pending.get(fingerprint) ?? this.#verify(provider)
    this.#pending.set(fingerprint, pending)
    return withSignal(pending, signal, () => new SecretSyncError('Cancelled', 'asking STS for the identity: cancelled'))
  }

  /** Aborts pending requests. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#pending.values())
    await this.#client?.close()
  }

  async #verify(provider: CredentialProvider): Promise<CallerIdentity | undefined> {
    const { identity } = provider
    try {
      const caller = await this.#callerOf(provider)
      remember(this.#known, identity.fingerprint, { caller, isStale: false }, MAX_CACHED)
      this.#options.onVerified(identity, caller)
      return caller
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      if (error.code !== 'Unauthenticated') return undefined
      this.#known.delete(identity.fingerprint)
      throw error
    } finally {
      this.#pending.delete(identity.fingerprint)
    }
  }

  /** Renews a refused credential once, because its session may have been revoked. */
  async #callerOf(provider: CredentialProvider): Promise<CallerIdentity> {
    const { account } = provider.identity
    const credential = await this.#credentialOf(provider)
    try {
      return await this.#callSts(credential, account)
    } catch (error) {
      if (!isSecretSyncError(error) || error.code !== 'Unauthenticated') throw error
      provider.invalidate(credential)
      const renewed = await this.#credentialOf(provider)
      if (renewed.accessKeyId === credential.accessKeyId) throw error
      return await this.#callSts(renewed, account)
    }
  }

  #credentialOf(provider: CredentialProvider): Promise<Credential> {
    return withDeadline((signal) => provider.credential({ signal }), {
      timeoutMs: TIMEOUT_MS,
      what: `credentials of ${provider.identity.description}`,
      signal: this.#closing.signal,
      clock: this.#options.clock,
    })
  }

  async #callSts(credential: Credential, account: string): Promise<CallerIdentity> {
    const client = (this.#client ??= this.#connect())
    try {
      return await client.callerIdentity(credential, { signal: this.#closing.signal })
    } catch (error) {
      if (isSecretSyncError(error) && isOutage(error.code)) {
        // An HTTP status concerns one account; without a response STS is unreachable for all accounts.
        this.#pause(error.facts.httpStatus === undefined ? ALL_ACCOUNTS : account)
      }
      throw error
    }
  }

  #pause(account: string): void {
    this.#pausedUntilMs.delete(account)
    remember(this.#pausedUntilMs, account, this.#options.clock.monotonic() + PAUSE_MS, MAX_CACHED)
  }

  #isPaused(account: string): boolean {
    const nowMs = this.#options.clock.monotonic()
    return [ALL_ACCOUNTS, account].some((key) => nowMs < (this.#pausedUntilMs.get(key) ?? -Infinity))
  }

  #connect(): StsClient {
    const { sts, clock } = this.#options
    const { region, stsEndpoint: endpoint, proxy } = sts
    return new StsClient({ region, timeoutMs: TIMEOUT_MS, clock, ...defined({ endpoint, proxy }) })
  }
}
