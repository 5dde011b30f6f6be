import { type Clock, type ClockTimer, SecretSyncError } from '@ack-secret-manager/core'

export interface RunDeadlineOptions {
  readonly timeoutMs: number
  /** Description of the run for the message: `pushing shop/web`. */
  readonly what: string
  readonly clock: Clock
}

/** A deadline that does not count the time of waits, so that a long line fails no run. A wait must have a deadline of its own. */
export class RunDeadline implements Disposable {
  readonly #options: RunDeadlineOptions
  readonly #controller = new AbortController()
  #leftMs: number
  #sinceMs = 0
  #waits = 0
  #timer: ClockTimer | undefined

  constructor(options: RunDeadlineOptions) {
    this.#options = options
    this.#leftMs = options.timeoutMs
    this.#resume()
  }

  /** Aborts when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Waits without counting the time. */
  readonly waiting = async <T>(wait: () => Promise<T>): Promise<T> => {
    if (this.#waits === 0) this.#pause()
    this.#waits += 1
    try {
      return await wait()
    } finally {
      this.#waits -= 1
      if (this.#waits === 0) this.#resume()
    }
  };

  [Symbol.dispose](): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waits = Infinity
  }

  #pause(): void {
    this.#timer?.cancel()
    this.#leftMs -= this.#options.clock.monotonic() - this.#sinceMs
  }

  #resume(): void {
    const { clock, timeoutMs, what } = this.#options
    this.#sinceMs = clock.monotonic()
    this.#timer = clock.setTimeout(
      () => this.#controller.abort(new SecretSyncError('Timeout', `${what}: not finished within ${timeoutMs} ms`)),
      this.#leftMs,
    )
  }
}
