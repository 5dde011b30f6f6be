import { type CallerIdentity, StsClient } from '@ack-secret-manager/alicloud-openapi'
import {
  type Clock,
  type Credential,
  type CredentialProvider,
  type Identity,
  isOutage,
  isSecretSyncError,
  SecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'

/** Deadline of one question, and of a session to ask it with. */
const TIMEOUT_MS = 5_000
/** Identities that are remembered; above it the oldest is asked for again. */
const MAX_REMEMBERED = 1_000
/** How long STS is left alone after it gave no answer: many a VPC has no way to it, and no store should wait for that. */
const SILENCE_MS = 60_000
/** Name of all accounts together, which none of them has. */
const EVERYBODY = ''

/** Options of {@link CallerIdentities}. */
export interface CallerIdentitiesOptions {
  readonly sts: { readonly region: string; readonly stsEndpoint?: string }
  readonly clock: Clock
  /** Told of each answer. */
  readonly onKnown: (identity: Identity, caller: CallerIdentity) => void
}

/** Who identities are, as STS tells it: asked for once, and again after {@link CallerIdentities.doubt}. */
export class CallerIdentities {
  readonly #options: CallerIdentitiesOptions
  readonly #closing = new AbortController()
  readonly #known = new Map<string, { readonly caller: CallerIdentity; readonly isDoubted: boolean }>()
  /** What identities were doubted for. */
  readonly #refusals = new WeakSet<SecretSyncError>()
  readonly #asked = new Map<string, Promise<CallerIdentity | undefined>>()
  #client: StsClient | undefined
  /** By account. */
  readonly #silentUntilMs = new Map<string, number>()

  constructor(options: CallerIdentitiesOptions) {
    this.#options = options
  }

  /** As far as it is known; asks nobody. */
  get({ identity }: CredentialProvider): CallerIdentity | undefined {
    return this.#known.get(identity.fingerprint)?.caller
  }

  /** What is known of an identity may be so no more: each refusal makes it be asked for once. */
  doubt({ identity: { fingerprint } }: CredentialProvider, refusal: SecretSyncError): void {
    const known = this.#known.get(fingerprint)
    if (known !== undefined && !this.#refusals.has(refusal)) this.#known.set(fingerprint, { ...known, isDoubted: true })
    this.#refusals.add(refusal)
  }

  /**
   * Undefined when STS does not say within five seconds: reading secrets does not depend on it.
   * @throws SecretSyncError `Unauthenticated` when STS refuses the credential and a renewed one; `Cancelled`
   */
  async ask(provider: CredentialProvider, signal: AbortSignal): Promise<CallerIdentity | undefined> {
    const { fingerprint, account } = provider.identity
    const known = this.#known.get(fingerprint)
    if (known?.isDoubted === false || this.#isSilent(account)) return known?.caller
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
    try {
      const caller = await this.#callerOf(provider)
      const [oldest] = this.#known.keys()
      if (this.#known.size >= MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
      this.#known.set(identity.fingerprint, { caller, isDoubted: false })
      this.#options.onKnown(identity, caller)
      return caller
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      if (error.code !== 'Unauthenticated') return undefined
      this.#known.delete(identity.fingerprint)
      throw error
    } finally {
      this.#asked.delete(identity.fingerprint)
    }
  }

  /** A session that was ended is renewed once. */
  async #callerOf(provider: CredentialProvider): Promise<CallerIdentity> {
    const { account } = provider.identity
    const credential = await this.#credentialOf(provider)
    try {
      return await this.#askSts(credential, account)
    } catch (error) {
      if (!isSecretSyncError(error) || error.code !== 'Unauthenticated') throw error
      provider.invalidate(credential)
      const renewed = await this.#credentialOf(provider)
      if (renewed.accessKeyId === credential.accessKeyId) throw error
      return await this.#askSts(renewed, account)
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

  async #askSts(credential: Credential, account: string): Promise<CallerIdentity> {
    const client = (this.#client ??= this.#connect())
    try {
      return await client.callerIdentity(credential, { signal: this.#closing.signal })
    } catch (error) {
      if (isSecretSyncError(error) && isOutage(error.code)) {
        // What it answers to one account says nothing of the others; where it does not answer at all, nobody need try.
        this.#silence(error.facts.httpStatus === undefined ? EVERYBODY : account)
      }
      throw error
    }
  }

  #silence(account: string): void {
    this.#silentUntilMs.delete(account)
    const [oldest] = this.#silentUntilMs.keys()
    if (this.#silentUntilMs.size >= MAX_REMEMBERED && oldest !== undefined) this.#silentUntilMs.delete(oldest)
    this.#silentUntilMs.set(account, this.#options.clock.monotonic() + SILENCE_MS)
  }

  #isSilent(account: string): boolean {
    const nowMs = this.#options.clock.monotonic()
    return [EVERYBODY, account].some((one) => nowMs < (this.#silentUntilMs.get(one) ?? -Infinity))
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
