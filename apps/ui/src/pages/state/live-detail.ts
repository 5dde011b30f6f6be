import { type ReadonlySignal, signal } from '@preact/signals'

/** Changes within this time lead to one read. */
const GATHER_MS = 250
const FIRST_RETRY_MS = 2_000
const LAST_RETRY_MS = 15_000
const POLL_MS = 15_000

/** A detail of the API: `known` keeps the last value while it is read again, or cannot be. */
export type Detail<Value> =
  | { readonly state: 'loading' | 'missing' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'known'; readonly value: Value }

/** Options of {@link LiveDetail}. */
export interface LiveDetailOptions<Value> {
  /** Never fails: a failure is a state. */
  readonly read: (signal: AbortSignal) => Promise<Detail<Value>>
  /** Whether a part could not be read. */
  readonly isIncomplete: (value: Value) => boolean
  /** Whether a part can change without an event. @default never */
  readonly isPolled?: (value: Value) => boolean
}

/** One detail, read again after a change, and again and again while it or a part of it cannot be read. */
export class LiveDetail<Value> {
  readonly #options: LiveDetailOptions<Value>
  readonly #detail = signal<Detail<Value>>({ state: 'loading' })
  readonly #closing = new AbortController()
  #isReading = false
  /** A change came during the read, which may not show it. */
  #isOutdated = false
  #timer: { readonly atMs: number; readonly id: ReturnType<typeof setTimeout> } | undefined
  #failures = 0

  constructor(options: LiveDetailOptions<Value>) {
    this.#options = options
  }

  get value(): ReadonlySignal<Detail<Value>> {
    return this.#detail
  }

  start(): void {
    void this.#read()
  }

  /** Reads it soon, because it has changed or can be read again. */
  refresh(): void {
    this.#failures = 0
    if (this.#isReading) this.#isOutdated = true
    else this.#readAfter(GATHER_MS)
  }

  close(): void {
    this.#closing.abort()
    clearTimeout(this.#timer?.id)
  }

  /** Never later than planned: changes that go on without end delay no read. */
  #readAfter(delayMs: number): void {
    if (this.#closing.signal.aborted) return
    const atMs = Date.now() + delayMs
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return
    clearTimeout(this.#timer?.id)
    this.#timer = { atMs, id: setTimeout(() => void this.#read(), delayMs) }
  }

  async #read(): Promise<void> {
    this.#timer = undefined
    this.#isReading = true
    this.#isOutdated = false
    const next = await this.#options.read(this.#closing.signal)
    this.#isReading = false
    if (this.#closing.signal.aborted) return
    // What was read before is better than a message.
    if (next.state !== 'failed' || this.#detail.peek().state !== 'known') this.#detail.value = next
    if (this.#isOutdated) this.#readAfter(GATHER_MS)
    else if (this.#mustRetry(next)) this.#readAfter(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++))
    else {
      this.#failures = 0
      if (next.state === 'known' && this.#options.isPolled?.(next.value) === true) this.#readAfter(POLL_MS)
    }
  }

  #mustRetry(detail: Detail<Value>): boolean {
    return detail.state === 'failed' || (detail.state === 'known' && this.#options.isIncomplete(detail.value))
  }
}
