import { type Clock, SecretSyncError, withSignal } from '@ack-secret-manager/core'

export interface LeaseTermOptions {
  readonly clock: Clock
  /** How long a renewal is valid. */
  readonly renewDeadlineMs: number
  /** When the request that won the lease was sent. */
  readonly wonAt: Instant
}

/** A point in time on both clocks. */
export interface Instant {
  readonly monotonicMs: number
  readonly wallMs: number
}

/** The current time on both clocks. */
export function instant(clock: Clock): Instant {
  return { monotonicMs: clock.monotonic(), wallMs: clock.now() }
}

/** One period of leadership. Each renewal of the lease extends it. */
export class LeaseTerm {
  readonly #clock: Clock
  readonly #renewDeadlineMs: number
  readonly #ended = new AbortController()
  #renewal = Promise.withResolvers<void>()
  #renewedAt: Instant
  #isLost = false

  constructor({ clock, renewDeadlineMs, wonAt }: LeaseTermOptions) {
    this.#clock = clock
    this.#renewDeadlineMs = renewDeadlineMs
    this.#renewedAt = wonAt
  }

  /** Aborts when the term ends. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** Time until the renew deadline, on the monotonic clock. */
  get leftMs(): number {
    return this.#renewedAt.monotonicMs + this.#renewDeadlineMs - this.#clock.monotonic()
  }

  /**
   * Whether the last renewal is recent on both clocks. The monotonic clock stops while a virtual machine is suspended. The wall
   * clock can jump, so it alone never ends a term. A released term stays confirmed until its renew deadline.
   */
  get isConfirmed(): boolean {
    const wallMs = this.#clock.now() - this.#renewedAt.wallMs
    return !this.#isLost && this.leftMs > 0 && wallMs >= 0 && wallMs < this.#renewDeadlineMs
  }

  /** Resolves when a renewal confirms the term. @throws SecretSyncError `Cancelled` if it has ended */
  async confirmed(signal: AbortSignal): Promise<void> {
    while (!this.isConfirmed) {
      signal.throwIfAborted()
      if (this.#ended.signal.aborted || this.leftMs <= 0) throw new SecretSyncError('Cancelled', 'leadership ended')
      await withSignal(this.#renewal.promise, AbortSignal.any([signal, this.#ended.signal])).catch(() => {
        // Aborted: the loop finds out which signal it was.
      })
    }
  }

  /** Records a successful renewal that was sent at this time. */
  renewed(sentAt: Instant): void {
    this.#renewedAt = sentAt
    this.#renewal.resolve()
    this.#renewal = Promise.withResolvers()
  }

  /** Ends the term immediately. */
  lose(why: string): void {
    this.#isLost = true
    this.#ended.abort(new SecretSyncError('Cancelled', why))
  }

  /** Ends the term; writes in flight may finish until the renew deadline. */
  release(): void {
    this.#ended.abort(new SecretSyncError('Cancelled', 'leadership released'))
  }
}
