import {
  checkLimits,
  type Clock,
  type ErrorCode,
  isSecretSyncError,
  SecretSyncError,
  systemClock,
  type TokenLife,
  toSecretSyncError,
  withDeadline,
  withDefaults,
} from '@ack-secret-manager/core'
import { CallSlots, type SlotCall } from './call-slots.ts'
import { MAX_BACKOFF_MS, pauseAfter, queueError, withRetryAfter } from './token-failure.ts'
import { isDue, MIN_LIFE_MS, wholeSeconds } from './token-life.ts'

/** One call for a token. */
export interface TokenCall {
  /** `container-registry`, `sts` */
  readonly kind: string
  /** `queued`: the service was not called, because other calls of the identity had all slots until the deadline. */
  readonly result: 'ok' | 'queued' | ErrorCode
}

export interface TokenCacheOptions {
  /** @default systemClock */
  readonly clock?: Clock
  /** @default Math.random */
  readonly random?: () => number
  /** Maximum number of tokens. Further ones are issued, but not shared. @default 10_000 */
  readonly maxTokens?: number
  /** Maximum number of tokens that one requester is the first to request, so that a tenant leaves room for others. @default 500 */
  readonly maxTokensPerRequester?: number
  /** Maximum number of calls of one identity at the same time. One requester may have half of them. @default 8 */
  readonly maxCallsPerIdentity?: number
  /** Called after each call for a token. Must not throw. */
  readonly onCall?: (call: TokenCall) => void
}

/** What a token is for. Contains no secret. */
export interface TokenKey {
  /** As {@link TokenCall}. */
  readonly kind: string
  /** Fingerprint of the identity. */
  readonly identity: string
  /** Endpoint and parameters of the call. */
  readonly purpose: string
  /** Whose limits the call counts for, such as a namespace. Requesters take turns. It is no part of the key. @default one for all */
  readonly requester?: string
}

/** What a token must have to be cached. */
export interface CachedToken {
  readonly life: TokenLife
}

interface Entry {
  token?: CachedToken
  pending?: Promise<CachedToken>
  /** The call of `pending`. */
  call?: SlotCall<CachedToken>
  failure?: Failure
  attempts: number
  /** The requester that was the first. */
  readonly requester: string
}

interface Failure {
  readonly error: SecretSyncError
  /** Until then the error is repeated, in monotonic milliseconds. */
  readonly retryAtMs: number
}

/** The tokens of one identity, and its calls. */
interface IdentityTokens {
  readonly entries: Map<string, Entry>
  readonly slots: CallSlots
  /** Calls that run or wait, also for tokens that are not shared. */
  calls: number
}

type Issue<T extends CachedToken> = (options: { signal: AbortSignal }) => Promise<T>

const TIMEOUT_MS = 20_000
/** The call has a deadline of its own, and its error says more. */
const WAIT_TIMEOUT_MS = TIMEOUT_MS + 1_000
/** How often tokens that are over leave the memory. */
const SWEEP_PAUSE_MS = 60_000

/**
 * One token per identity and purpose, shared by all resources that want it, until two thirds of its life. After a failure it repeats the
 * error during a backoff, so that many resources make as many calls as one.
 */
export class TokenCache {
  readonly #options: Required<Omit<TokenCacheOptions, 'onCall'>> & Pick<TokenCacheOptions, 'onCall'>
  readonly #identities = new Map<string, IdentityTokens>()
  readonly #closing = new AbortController()
  /** Number of entries by requester. */
  readonly #sizeOf = new Map<string, number>()
  #size = 0
  #sweepAtMs = -Infinity

  constructor(options: TokenCacheOptions = {}) {
    this.#options = withDefaults(options, {
      clock: systemClock,
      random: Math.random,
      maxTokens: 10_000,
      maxTokensPerRequester: 500,
      maxCallsPerIdentity: 8,
    })
    const { maxTokens, maxTokensPerRequester, maxCallsPerIdentity } = this.#options
    checkLimits({ maxTokens, maxTokensPerRequester, maxCallsPerIdentity })
  }

  /** Number of tokens and of failures that are remembered. */
  get size(): number {
    return this.#size
  }

  /**
   * The token of `key`, issued if necessary. The call belongs to all that wait for it, so `signal` only ends the wait.
   * @throws SecretSyncError of `issue`, `InvalidResponse` for a token that expires within a minute, `Timeout`, `Cancelled`
   */
  async get<T extends CachedToken>(
    key: TokenKey,
    issue: Issue<T>,
    { what, signal }: { readonly what: string; readonly signal: AbortSignal },
  ): Promise<T> {
    const { clock } = this.#options
    const closing = this.#closing.signal
    if (closing.aborted) throw new SecretSyncError('Cancelled', `${what}: cancelled`)
    this.#sweep()
    const tokens = this.#tokensOf(key.identity)
    const purpose = `${key.kind} ${key.purpose}`
    const { requester = '' } = key
    const entry = tokens.entries.get(purpose) ?? this.#added(tokens, purpose, requester)
    // All tokens of a kind have one type.
    if (entry.token && !isDue(entry.token.life, clock.now())) return entry.token as T
    const waitMs = (entry.failure?.retryAtMs ?? 0) - clock.monotonic()
    if (entry.failure && waitMs > 0) throw withRetryAfter(entry.failure.error, waitMs)
    entry.pending ??= this.#issue(entry, { tokens, kind: key.kind, issue, what })
    entry.call?.request(requester)
    const { pending } = entry
    return (await withDeadline(() => pending, { timeoutMs: WAIT_TIMEOUT_MS, what, signal, closing, clock })) as T
  }

  /** Cancels pending calls and forgets all tokens. */
  close(): void {
    this.#closing.abort()
    this.#identities.clear()
    this.#sizeOf.clear()
    this.#size = 0
  }

  #tokensOf(identity: string): IdentityTokens {
    const known = this.#identities.get(identity)
    if (known) return known
    const { clock, maxCallsPerIdentity: limit } = this.#options
    const tokens: IdentityTokens = { entries: new Map(), slots: new CallSlots({ clock, limit }), calls: 0 }
    this.#identities.set(identity, tokens)
    return tokens
  }

  #added({ entries }: IdentityTokens, purpose: string, requester: string): Entry {
    const entry: Entry = { attempts: 0, requester }
    if ((this.#sizeOf.get(requester) ?? 0) >= this.#options.maxTokensPerRequester) return entry
    if (this.#size >= this.#options.maxTokens && !this.#makeRoomFor(requester)) return entry
    entries.set(purpose, entry)
    this.#count(requester, 1)
    return entry
  }

  /** Stops sharing the oldest token of the requester that has the most. @returns false if `requester` would have more than that one */
  #makeRoomFor(requester: string): boolean {
    const [largest, size] = [...this.#sizeOf].reduce((most, each) => (each[1] > most[1] ? each : most))
    if (size <= (this.#sizeOf.get(requester) ?? 0) + 1) return false
    for (const { entries } of this.#identities.values()) {
      for (const [purpose, entry] of entries) if (entry.requester === largest) return this.#remove(entries, purpose)
    }
    return false
  }

  #remove(entries: Map<string, Entry>, purpose: string): boolean {
    const entry = entries.get(purpose)
    if (entry) this.#count(entry.requester, -1)
    return entries.delete(purpose)
  }

  #count(requester: string, change: 1 | -1): void {
    this.#size += change
    const size = (this.#sizeOf.get(requester) ?? 0) + change
    if (size > 0) this.#sizeOf.set(requester, size)
    else this.#sizeOf.delete(requester)
  }

  #sweep(): void {
    const { clock } = this.#options
    const nowMs = clock.monotonic()
    if (nowMs < this.#sweepAtMs) return
    this.#sweepAtMs = nowMs + SWEEP_PAUSE_MS
    for (const [identity, { entries, calls }] of this.#identities) {
      for (const [purpose, { token, pending, failure }] of entries) {
        // The next attempt comes after the pause, and the pause after it must be longer.
        const isRemembered = failure !== undefined && nowMs < failure.retryAtMs + MAX_BACKOFF_MS
        if (pending || isRemembered || (token && !isDue(token.life, clock.now()))) continue
        this.#remove(entries, purpose)
      }
      if (entries.size === 0 && calls === 0) this.#identities.delete(identity)
    }
  }

  #issue(
    entry: Entry,
    call: {
      readonly tokens: IdentityTokens
      readonly kind: string
      readonly issue: Issue<CachedToken>
      readonly what: string
    },
  ): Promise<CachedToken> {
    const { tokens, kind, issue, what } = call
    const { clock, onCall } = this.#options
    const { signal } = this.#closing
    const issued = async (until: AbortSignal): Promise<CachedToken> => {
      const { life, ...token } = await issue({ signal: until })
      return { ...token, life: usable(life, what) }
    }
    tokens.calls += 1
    let slotCall: SlotCall<CachedToken> | undefined
    const inSlot = (until: AbortSignal): Promise<CachedToken> => {
      slotCall = tokens.slots.call(issued, until)
      entry.call = slotCall
      return slotCall.result
    }
    const work = withDeadline(inSlot, { timeoutMs: TIMEOUT_MS, what, signal, clock }).then(
      (token) => {
        entry.attempts = 0
        delete entry.failure
        entry.token = token
        onCall?.({ kind, result: 'ok' })
        return token
      },
      (thrown: unknown) => {
        const isQueued = isSecretSyncError(thrown) && thrown.code === 'Timeout' && slotCall?.hasStarted() === false
        const limits = { calls: this.#options.maxCallsPerIdentity, waitedMs: TIMEOUT_MS }
        const error = this.#failed(entry, isQueued ? queueError(what, limits) : thrown, what)
        onCall?.({ kind, result: isQueued ? 'queued' : error.code })
        throw error
      },
    )
    const pending = work.finally(() => {
      delete entry.pending
      delete entry.call
      tokens.calls -= 1
    })
    // Every requester may have gone.
    pending.catch(() => undefined)
    return pending
  }

  #failed(entry: Entry, thrown: unknown, what: string): SecretSyncError {
    const { clock, random } = this.#options
    const error = isSecretSyncError(thrown) ? thrown : toSecretSyncError(thrown, what)
    if (error.code === 'Cancelled') {
      if (this.#closing.signal.aborted) return error
      // The store of the first requester has gone. Those of the others have not.
      return new SecretSyncError('Unavailable', `${what}: its store was changed or deleted during the call`)
    }
    const pauseMs = pauseAfter(error, entry.attempts, random)
    entry.attempts += 1
    entry.failure = { error, retryAtMs: clock.monotonic() + pauseMs }
    return withRetryAfter(error, pauseMs)
  }
}

/** @throws SecretSyncError `InvalidResponse` */
function usable(life: TokenLife, what: string): TokenLife {
  const rounded = wholeSeconds(life)
  if (rounded.expiresMs - rounded.issuedMs >= MIN_LIFE_MS) return rounded
  const why = 'the token expires within a minute; check the session of the identity and the clock of this machine'
  throw new SecretSyncError('InvalidResponse', `${what}: ${why}`)
}
