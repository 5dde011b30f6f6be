import { type Clock, SecretSyncError } from '@ack-secret-manager/core'

/** Options of a {@link LeaseTerm}. */
export interface LeaseTermOptions {
  readonly clock: Clock
  /** How long a renewal counts. */
  readonly renewDeadlineMs: number
  /** When the request that won the lease was sent. */
  readonly wonAt: Instant
}

/** One moment on both clocks. */
export interface Instant {
  readonly monotonicMs: number
  readonly wallMs: number
}

/** The present moment. */
export function instant(clock: Clock): Instant {
  return { monotonicMs: clock.monotonic(), wallMs: clock.now() }
}

/** One period of leadership. Each renewal of the lease prolongs it. */
export class LeaseTerm {
  readonly #clock: Clock
  readonly #renewDeadlineMs: number
  readonly #ended = new AbortController()
  readonly #waiting: (() => void)[] = []
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
   * Whether the last renewal is recent on both clocks. The monotonic clock does not count the time for which a virtual machine
   * was suspended; the wall clock may jump, so it alone ends no term. A released term counts until its renew deadline.
   */
  get isConfirmed(): boolean {
    const wallMs = this.#clock.now() - this.#renewedAt.wallMs
    return !this.#isLost && this.leftMs > 0 && wallMs >= 0 && wallMs < this.#renewDeadlineMs
  }

  /** Resolves once a renewal confirms the term. @throws SecretSyncError `Cancelled` when it has ended */
  async confirmed(signal: AbortSignal): Promise<void> {
    while (!this.isConfirmed) {
      signal.throwIfAborted()
      if (this.#ended.signal.aborted || this.leftMs <= 0) throw new SecretSyncError('Cancelled', 'leadership ended')
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        AbortSignal.any([signal, this.#ended.signal]).addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  /** A renewal that was sent at this moment has succeeded. */
  renewed(sentAt: Instant): void {
    this.#renewedAt = sentAt
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Ends the term at once. */
  lose(why: string): void {
    this.#isLost = true
    this.#ended.abort(new SecretSyncError('Cancelled', why))
  }

  /** Ends the term; writes that are under way may finish until the renew deadline. */
  release(): void {
    this.#ended.abort(new SecretSyncError('Cancelled', 'leadership released'))
  }
}
