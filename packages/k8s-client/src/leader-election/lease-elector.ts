import {
  type Clock,
  SecretSyncError,
  systemClock,
  toSecretSyncError,
  withDeadline,
  withDefaults,
  withSignal,
} from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { ResourceVersionRollback } from '../watch/reflector.ts'
import { decideLease, releasedLease } from './lease-decision.ts'
import { isSameRecord, type LeaseRecord, MAX_LEASE_DURATION_MS } from './lease-record.ts'
import { type LeaseCall, type LeaseMetadata, LeaseStore } from './lease-store.ts'
import { type Instant, instant, LeaseTerm } from './lease-term.ts'

export interface LeaseElectorOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'update'>
  readonly namespace: string
  readonly name: string
  /** Further Leases. The elector acquires the first free one of all, and holds at most one. @default none */
  readonly moreNames?: readonly string[]
  /** Labels and annotations to write with every acquisition and renewal. @default none */
  readonly metadata?: () => LeaseMetadata
  /** Unique to this process: `POD_NAME_UUID`. */
  readonly identity: string
  /** How long other processes wait after the last renewal that they observed; whole seconds, at most an hour. @default 15_000 */
  readonly leaseDurationMs?: number
  /** How long this process leads without a successful renewal; shorter than the lease. @default 10_000 */
  readonly renewDeadlineMs?: number
  /** From the start of an attempt to the next; a standby waits up to 2.2 times as long after each. @default 2_000 */
  readonly retryPeriodMs?: number
  /** Leadership began. The signal aborts as soon as it is lost or released. */
  readonly onStartedLeading: (signal: AbortSignal) => void
  /**
   * Leadership ended: `lost` by the renew deadline or another holder, or `released` by `close`. A release waits for the returned
   * promise, so finish writes in it within `leftMs`. If it takes longer than the renew deadline, the lease is not released and expires.
   */
  readonly onStoppedLeading?: (why: 'lost' | 'released', leftMs: number) => void | Promise<void>
  /** A lease has a new holder, which may be this process. */
  readonly onNewLeader?: (identity: string, name: string) => void
  /** An attempt failed; it is retried. `isRepeated` if the one before it failed, too. */
  readonly onError?: (error: KubeApiError | SecretSyncError, isRepeated: boolean) => void
  /** A lease is older than when it was last read or written, as after a restore of etcd from a backup. Must not throw. */
  readonly onResourceVersionRollback?: (rollback: ResourceVersionRollback) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number
}

/** Jitter factor of the retry period of a standby, as in client-go. */
const JITTER = 1.2

/** Share of the renew deadline that is reserved for cancelled writes to end. */
const MARGIN_SHARE = 0.1

/** Deadline for releasing the lease. */
const RELEASE_TIMEOUT_MS = 5_000

/** Leader election with a `coordination.k8s.io/v1` Lease and the semantics of client-go. After a loss it becomes a standby again. */
export class LeaseElector implements AsyncDisposable {
  readonly #options: Required<
    Omit<LeaseElectorOptions, 'onStoppedLeading' | 'onNewLeader' | 'onError' | 'onResourceVersionRollback' | 'metadata'>
  > &
    LeaseElectorOptions
  readonly #clock: Clock
  readonly #stores: readonly LeaseStore[]
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #term: LeaseTerm | undefined
  /** The Lease that this process holds, or may hold because an acquisition got no response. */
  #own: LeaseStore | undefined
  /** Writes of this term since its last renewal that may have been applied, because they got no response. */
  #unanswered: readonly { readonly record: LeaseRecord; readonly sentAt: Instant }[] = []
  readonly #holders = new Map<LeaseStore, string>()
  /** Ends the current pause. */
  #wake: (() => void) | undefined
  #isAttemptRequested = false
  #isAbandoned = false
  #failure: KubeApiError | SecretSyncError | undefined

  /** @throws RangeError for an empty identity, and unless retry period < renew deadline < lease duration ≤ an hour */
  constructor(options: LeaseElectorOptions) {
    const times = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 }
    this.#options = withDefaults(options, { ...times, moreNames: [], clock: systemClock, random: Math.random })
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, clock } = this.#options
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs && retryPeriodMs > 0)) {
      const given = `${retryPeriodMs}, ${renewDeadlineMs}, ${leaseDurationMs}`
      throw new RangeError(`LeaseElector: expected retryPeriodMs < renewDeadlineMs < leaseDurationMs, got ${given}`)
    }
    if (leaseDurationMs > MAX_LEASE_DURATION_MS)
      throw new RangeError(
        `LeaseElector: leaseDurationMs: expected at most ${MAX_LEASE_DURATION_MS}, got ${leaseDurationMs}`,
      )
    const { client, namespace, identity, metadata, onResourceVersionRollback } = options
    // A Lease without a holder is free, so that several processes with an empty identity would lead at once.
    if (!identity) throw new RangeError('LeaseElector: identity: expected a text that is unique to this process')
    this.#clock = clock
    const nowMs = (): number => clock.monotonic()
    this.#stores = [options.name, ...this.#options.moreNames].map(
      (name) =>
        new LeaseStore({ client, namespace, name, nowMs, onResourceVersionRollback, ...(metadata && { metadata }) }),
    )
  }

  /** Whether this process leads. False as soon as the renew deadline has passed, even before `onStoppedLeading`. */
  get isLeader(): boolean {
    return this.#term !== undefined && !this.#term.signal.aborted && this.#term.leftMs > 0
  }

  /** Whether the last renewal is recent on both clocks, so that no other process leads. Stays true while a release waits for writes. */
  get isConfirmed(): boolean {
    return this.#term?.isConfirmed ?? false
  }

  /** Resolves when leadership is confirmed. @throws SecretSyncError `Cancelled` if it has ended */
  async confirmed(signal: AbortSignal): Promise<void> {
    if (!this.#term) throw new SecretSyncError('Cancelled', 'leadership ended')
    await this.#term.confirmed(signal)
  }

  /** Last observed holder of the lease `name`. */
  get leader(): string | undefined {
    const [first] = this.#stores
    return first && this.#holders.get(first)
  }

  /** Name of the Lease that this process holds. */
  get held(): string | undefined {
    return this.#term && this.#own?.name
  }

  /** Error of the last attempt, if it failed. */
  get failure(): KubeApiError | SecretSyncError | undefined {
    return this.#failure
  }

  /** Attempts an acquisition or a renewal now: the metadata has changed, or a Lease was released. */
  attemptNow(): void {
    this.#isAttemptRequested = true
    this.#wake?.()
  }

  /** Runs until the signal aborts or `close` is called. Releases the lease before it resolves. Call it once. */
  run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (this.#running) throw new TypeError('LeaseElector.run: called twice')
    const stop = (): void => this.#closing.abort()
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    this.#running = this.#run(this.#closing.signal).finally(() => signal.removeEventListener('abort', stop))
    return this.#running
  }

  /** Ends leadership, releases the lease and ends `run`. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  /** Ends leadership as lost and ends `run` without another write: the lease expires. */
  abandon(): void {
    this.#isAbandoned = true
    this.#term?.lose('leadership abandoned')
    this.#closing.abort()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { retryPeriodMs, random } = this.#options
    while (!signal.aborted) {
      const wonAt = await this.#attempt(signal)
      if (wonAt !== undefined) await this.#lead(wonAt, signal)
      // A cancelled acquisition may have succeeded.
      else if (signal.aborted && !this.#isAbandoned) await this.#releaseOwn({ isUncertain: true })
      await this.#pause(retryPeriodMs * (1 + random() * JITTER), signal)
    }
  }

  async #lead(wonAt: Instant, signal: AbortSignal): Promise<void> {
    const term = new LeaseTerm({ clock: this.#clock, renewDeadlineMs: this.#options.renewDeadlineMs, wonAt })
    const lost = term.signal
    this.#term = term
    const watchdog = this.#watchDeadline(term)
    const ended = AbortSignal.any([lost, signal])
    void this.#call(() => this.#options.onStartedLeading(lost))
    let startedMs = wonAt.monotonicMs
    try {
      while (!ended.aborted) {
        // From the start of the last attempt, because a slow one has used up time until the renew deadline.
        await this.#pause(startedMs + this.#options.retryPeriodMs - this.#clock.monotonic(), ended)
        // After the process was suspended, the timer of the deadline may fire after the pause has ended.
        if (ended.aborted || term.leftMs <= 0) break
        startedMs = this.#clock.monotonic()
        const sentAt = await this.#attempt(ended)
        if (sentAt !== undefined) term.renewed(sentAt)
        else if (this.#own?.observed?.record.holder !== this.#options.identity) break
      }
    } finally {
      watchdog.cancel()
      await this.#endTerm(term, signal.aborted && this.isLeader ? 'released' : 'lost')
    }
  }

  async #endTerm(term: LeaseTerm, why: 'lost' | 'released'): Promise<void> {
    const { leftMs } = term
    // The last renewal may still be in flight, or none was sent.
    if (leftMs <= 0) this.#failure ??= this.#notRenewed()
    if (why === 'lost') term.lose('leadership lost')
    else term.release()
    const marginMs = this.#options.renewDeadlineMs * MARGIN_SHARE
    const graceMs = why === 'released' ? Math.max(0, leftMs - marginMs) : 0
    const stopped = this.#call(() => this.#options.onStoppedLeading?.(why, graceMs))
    if (why === 'lost') await stopped
    else if (await this.#bounded('waiting for onStoppedLeading', leftMs, () => stopped)) await this.#releaseOwn()
    this.#term = undefined
  }

  async #releaseOwn({ isUncertain = false } = {}): Promise<void> {
    const store = this.#own
    if (store === undefined) return
    await this.#bounded('releasing the lease', RELEASE_TIMEOUT_MS, async (signal) => {
      if (isUncertain) await store.read({ signal, timeoutMs: RELEASE_TIMEOUT_MS })
      await this.#release(store, signal)
    })
  }

  async #release(store: LeaseStore, signal: AbortSignal): Promise<void> {
    const call = { signal, timeoutMs: RELEASE_TIMEOUT_MS }
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const record = store.observed?.record
      if (record?.holder !== this.#options.identity) return
      if (await store.write(releasedLease(record, this.#clock.now()), call)) return
      // A cancelled renewal may still have succeeded.
      await store.read(call)
    }
  }

  /**
   * One attempt to acquire or renew a lease. A leader writes first, and reads its lease only after a conflict.
   * @returns when the successful write was sent
   */
  async #attempt(signal: AbortSignal): Promise<Instant | undefined> {
    this.#isAttemptRequested = false
    const call = { signal, timeoutMs: Math.round(this.#options.renewDeadlineMs / 2) }
    try {
      const sentAt = await (this.#term && this.#own ? this.#renew(this.#own, call) : this.#acquire(call))
      this.#failure = undefined
      return sentAt
    } catch (error) {
      if (!signal.aborted) {
        const isRepeated = this.#failure !== undefined
        this.#failure = this.#report(error, isRepeated)
      }
      return undefined
    } finally {
      for (const store of this.#stores) this.#noticeHolder(store)
    }
  }

  async #renew(store: LeaseStore, call: LeaseCall): Promise<Instant | undefined> {
    const sentAt = await this.#write(store, call)
    if (sentAt !== undefined) return sentAt
    await store.read(call)
    // A rollback may have ended the term.
    call.signal.throwIfAborted()
    // Another process may have led since, or etcd was restored from a backup that does not have the lease.
    if (!store.observed) {
      const { namespace } = this.#options
      throw new SecretSyncError('Conflict', `Lease ${namespace}/${store.name} was deleted while this process held it`)
    }
    // The conflict may be with an earlier renewal of this process, from which other processes count their lease duration, too.
    const { record: current } = store.observed
    const applied = this.#unanswered.find(({ record }) => isSameRecord(record, current))
    if (applied) this.#term?.renewed(applied.sentAt)
    return this.#write(store, call)
  }

  /** Acquires the first free lease. One whose acquisition got no response comes first, so that this process never holds two. */
  async #acquire(call: LeaseCall): Promise<Instant | undefined> {
    this.#unanswered = []
    const uncertain = this.#own
    const stores = uncertain ? [uncertain, ...this.#stores.filter((store) => store !== uncertain)] : this.#stores
    for (const store of stores) {
      await store.read(call)
      this.#own = store
      const sentAt = await this.#write(store, call)
      if (sentAt !== undefined) return sentAt
      this.#own = undefined
    }
    return undefined
  }

  async #write(store: LeaseStore, call: LeaseCall): Promise<Instant | undefined> {
    const { identity, leaseDurationMs: durationMs } = this.#options
    const { observed, deleted } = store
    const sentAt = instant(this.#clock)
    const { monotonicMs: nowMs, wallMs } = sentAt
    const decision = decideLease({ observed, deleted, identity, durationMs, nowMs, wallMs })
    // A leader has lost a lease that another process held in between, even if it could acquire it again.
    const isLost = this.#term !== undefined && (decision.kind === 'take' || this.#term.leftMs <= 0)
    if (decision.kind === 'wait' || isLost) return undefined
    const { record } = decision
    const before = this.#unanswered
    this.#unanswered = [...before, { record, sentAt }]
    const isWritten = await store.write(record, call)
    this.#unanswered = isWritten ? [] : before
    return isWritten ? sentAt : undefined
  }

  #watchDeadline(term: LeaseTerm): { cancel: () => void } {
    const check = (): void => {
      const { leftMs } = term
      if (leftMs > 0) timer = this.#clock.setTimeout(check, leftMs)
      else term.lose('leadership lost: the lease was not renewed in time')
    }
    let timer = this.#clock.setTimeout(check, term.leftMs)
    return { cancel: () => timer.cancel() }
  }

  #noticeHolder(store: LeaseStore): void {
    const holder = store.observed?.record.holder || undefined
    if (holder === this.#holders.get(store)) return
    if (holder === undefined) {
      this.#holders.delete(store)
      return
    }
    this.#holders.set(store, holder)
    void this.#call(() => this.#options.onNewLeader?.(holder, store.name))
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isAttemptRequested) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const timer = this.#clock.setTimeout(resolve, ms)
    await withSignal(promise, signal).catch(() => {
      // Aborted: the caller checks the signal.
    })
    timer.cancel()
    this.#wake = undefined
  }

  /** @returns whether the work completed within its deadline */
  async #bounded(what: string, timeoutMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const { signal } = new AbortController()
    try {
      await withDeadline(work, { timeoutMs, what, signal, clock: this.#clock })
      return true
    } catch (error) {
      this.#report(error)
      return false
    }
  }

  async #call(callback: () => void | Promise<void>): Promise<void> {
    try {
      await callback()
    } catch (error) {
      this.#report(error)
    }
  }

  #notRenewed(): SecretSyncError {
    const { namespace, name, renewDeadlineMs } = this.#options
    const lease = `Lease ${namespace}/${this.#own?.name ?? name}`
    const why = 'the API server did not respond, or this process did not run'
    return new SecretSyncError('Timeout', `${lease} was not renewed for ${renewDeadlineMs} ms: ${why}`)
  }

  #report(error: unknown, isRepeated = false): KubeApiError | SecretSyncError {
    const { namespace, name } = this.#options
    const failure = isKubeApiError(error) ? error : toSecretSyncError(error, `lease ${namespace}/${name}`)
    this.#options.onError?.(failure, isRepeated)
    return failure
  }
}
