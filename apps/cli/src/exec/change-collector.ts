import { type Clock, sleep } from '@ack-secret-manager/core'

/** Options of a {@link ChangeCollector}. */
export interface ChangeCollectorOptions {
  /** Reads every secret once more, because others may have been rotated at the same time. */
  readonly reread: (signal: AbortSignal) => Promise<void>
  /** Called once for changes that belong together. */
  readonly onChange: () => void
  readonly clock: Clock
}

const REREAD_TIMEOUT_MS = 3_000
/** A change is reported when no further one has followed for this time. */
const QUIET_MS = 150
/** Changes that keep following one another are reported after this time. */
const MAX_WAIT_MS = 10_000

/** Makes one change of several keys that are rotated together. */
export class ChangeCollector {
  readonly #options: ChangeCollectorOptions
  readonly #closing = new AbortController()
  #started = false
  #isDirty = false
  #collecting: Promise<void> | undefined

  constructor(options: ChangeCollectorOptions) {
    this.#options = options
  }

  /** Starts to collect. Earlier changes are part of the first values. */
  begin(): void {
    this.#started = true
  }

  /** A value was written. */
  changed(): void {
    if (!this.#started || this.#closing.signal.aborted) return
    this.#isDirty = true
    this.#collecting ??= this.#collect()
  }

  /** Reports nothing any more. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#collecting
  }

  async #collect(): Promise<void> {
    const { reread, onChange, clock } = this.#options
    const { signal } = this.#closing
    const startedMs = clock.monotonic()
    const waitedMs = (): number => clock.monotonic() - startedMs
    try {
      await reread(AbortSignal.any([signal, AbortSignal.timeout(REREAD_TIMEOUT_MS)]))
      do {
        this.#isDirty = false
        await sleep(QUIET_MS, { clock, signal })
      } while (this.#isDirty && waitedMs() < MAX_WAIT_MS)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    this.#collecting = undefined
    if (!signal.aborted) onChange()
  }
}
