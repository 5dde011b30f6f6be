import { type Clock, type ClockTimer, SecretSyncError } from '@ack-secret-manager/core'

export interface RunDeadlineOptions {
  readonly timeoutMs: number
  /** Description of the run for the message: `pushing shop/web`. */
  readonly what: string
  readonly clock: Clock
}

/** A deadline that excludes the time of waits, so that a long queue fails no run. Each wait needs its own deadline. */
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

  /** Aborts at the deadline. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Runs a wait whose time is not counted. */
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
