import { type ReadonlySignal, signal } from '@preact/signals'
import type { ClusterData } from './cluster-data.ts'
import type { ServerClock } from './server-clock.ts'
import { type ReceivedEvent, StreamRefused, streamEvents } from './stream-events.ts'

/** A ping comes every 15 seconds. */
const SILENCE_MS = 40_000
const FIRST_DELAY_MS = 500
const LAST_DELAY_MS = 15_000

/**
 * The connection of the page to its server: `connecting` for the first time · `live` · `lost`: tries again at `retryAt` ·
 * `ended`: the server was stopped · `refused`: no session, and trying again is of no use · `crowded`: too many pages are open.
 */
export type ConnectionView =
  | { readonly state: 'connecting' | 'live' | 'ended' | 'refused' }
  /** Milliseconds of the clock of the browser. */
  | { readonly state: 'lost' | 'crowded'; readonly since: number; readonly retryAt: number }

/** Keeps {@link ClusterData} up to date, whatever happens to the connection. */
export class Connection {
  readonly #data: ClusterData
  readonly #clock: ServerClock
  readonly #view = signal<ConnectionView>({ state: 'connecting' })
  #lastId: string | undefined
  #attempts = 0
  #current = new AbortController()
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(data: ClusterData, clock: ServerClock) {
    this.#data = data
    this.#clock = clock
  }

  get view(): ReadonlySignal<ConnectionView> {
    return this.#view
  }

  start(): void {
    globalThis.addEventListener('online', () => this.retryNow())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.retryNow()
    })
    // A page that comes back from the back-forward cache has lost its connection.
    globalThis.addEventListener('pageshow', (event) => {
      if (event.persisted) this.#connect()
    })
    this.#connect()
  }

  /** Connects now if the connection is lost. */
  retryNow(): void {
    if (this.#view.peek().state === 'lost' || this.#view.peek().state === 'crowded') this.#connect()
  }

  #connect(): void {
    clearTimeout(this.#retry)
    this.#current.abort()
    const attempt = new AbortController()
    this.#current = attempt
    void this.#follow(attempt).then(
      () => this.#lost(attempt, 'lost'),
      (error: unknown) => this.#failed(attempt, error),
    )
  }

  async #follow(attempt: AbortController): Promise<void> {
    let silence = setTimeout(() => attempt.abort(new Error('no ping')), SILENCE_MS)
    try {
      for await (const received of streamEvents(this.#lastId, attempt.signal)) {
        clearTimeout(silence)
        silence = setTimeout(() => attempt.abort(new Error('no ping')), SILENCE_MS)
        if (this.#current !== attempt) return
        this.#receive(received)
      }
    } finally {
      clearTimeout(silence)
    }
  }

  #receive({ id, event }: ReceivedEvent): void {
    if (event.event === 'end') {
      this.#view.value = { state: 'ended' }
      this.#current.abort()
      return
    }
    this.#clock.set(event.data.now)
    if (event.event === 'snapshot') {
      // The first part of a snapshot has no position: without the others, only another snapshot helps.
      this.#lastId = undefined
      this.#data.replace(event.data)
    } else if (event.event === 'delta') this.#data.apply(event.data)
    if (id !== undefined && id !== '') this.#lastId = id
    this.#attempts = 0
    if (this.#view.peek().state !== 'live') this.#view.value = { state: 'live' }
  }

  #failed(attempt: AbortController, error: unknown): void {
    if (this.#current !== attempt) return
    if (error instanceof StreamRefused && (error.status === 401 || error.status === 403 || error.status === 404))
      this.#view.value = { state: 'refused' }
    else {
      // After data that cannot be read, only a snapshot helps.
      if (error instanceof SyntaxError) this.#lastId = undefined
      this.#lost(attempt, error instanceof StreamRefused && error.status === 503 ? 'crowded' : 'lost')
    }
  }

  #lost(attempt: AbortController, state: 'lost' | 'crowded'): void {
    const view = this.#view.peek()
    if (this.#current !== attempt || view.state === 'ended') return
    const delay = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts)
    this.#attempts++
    const now = Date.now()
    this.#view.value = { state, since: 'since' in view ? view.since : now, retryAt: now + delay }
    this.#retry = setTimeout(() => this.#connect(), delay)
  }
}
