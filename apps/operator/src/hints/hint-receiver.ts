import {
  type Clock,
  type ClockTimer,
  fullJitter,
  type HintBatch,
  type HintSource,
  type NoHintReason,
  type SecretSyncError,
  sleep,
  toSecretSyncError,
} from '@ack-secret-manager/core'

/** Result of a message: `taken`: a read is requested; `duplicate`: the secret already waits for its read; `unknown`: no resource uses it. */
export type HintResult = 'taken' | 'duplicate' | 'unknown' | NoHintReason

export const HINT_RESULTS: readonly HintResult[] = [
  'taken',
  'duplicate',
  'unknown',
  'foreign',
  'irrelevant',
  'malformed',
]

export interface HintReceiverOptions {
  readonly source: HintSource
  /** Whether a resource uses the secret. */
  readonly isKnown: (secretName: string) => boolean
  /** Requests a read of the secret. */
  readonly hint: (secretName: string) => void
  /** Whether leadership is confirmed. Messages that arrive without it are neither taken nor confirmed. */
  readonly isLeading: () => boolean
  /** Limit of requested reads; further hints wait. */
  readonly maxPerSecond: number
  readonly clock: Clock
  readonly random: () => number
  readonly onResult: (result: HintResult) => void
  /** Called when a read is requested, if the message says when the secret changed. */
  readonly onAge: (ageMs: number) => void
  /** Whether messages are received and confirmed; called for changes and for the first receive. */
  readonly onLive: (isLive: boolean) => void
  readonly onFailure: (error: SecretSyncError, retryInMs: number) => void
}

/** Pauses after failed receives. */
const BACKOFF = { baseMs: 1_000, maxMs: 60_000 }
/** Shortest duration of an empty receive, in case long polling does not wait. */
const MIN_EMPTY_MS = 1_000
/** Limit of waiting hints; at the limit, messages stay in the queue. */
const MAX_WAITING = 10_000
/** A batch of this size suggests a backlog, which concurrent calls receive. */
const BACKLOG_BATCH = 8
/** Concurrent receives during a backlog. */
const MAX_RECEIVES = 4
/** Shortest duration of a receive during a backlog, so that a flood of messages leaves most of the CPU to other work. */
const MIN_BACKLOG_MS = 20

/**
 * Receives hints and requests reads. Failures only delay hints, and polling does not depend on them. A message is confirmed when its
 * hint is queued here, before the secret is read.
 */
export class HintReceiver {
  readonly #options: HintReceiverOptions
  /** Hints that wait for their turn, by name, with the time of the event. */
  readonly #waiting = new Map<string, number | undefined>()
  #tokens: number
  #refilledMs: number
  #timer: ClockTimer | undefined
  #isLive: boolean | undefined
  /** Further receives during a backlog. */
  readonly #helpers = new Set<Promise<void>>()

  constructor(options: HintReceiverOptions) {
    this.#options = options
    this.#tokens = options.maxPerSecond
    this.#refilledMs = options.clock.monotonic()
  }

  get isLive(): boolean {
    return this.#isLive === true
  }

  /** Receives until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, onFailure } = this.#options
    let failures = 0
    while (!signal.aborted) {
      try {
        await this.#receiveOrWait(signal)
        failures = 0
      } catch (thrown) {
        if (signal.aborted) break
        const error = toSecretSyncError(thrown, 'receiving hints')
        const retryInMs = Math.max(error.facts.retryAfterMs ?? 0, fullJitter(failures, BACKOFF, random))
        failures += 1
        this.#setLive(false)
        onFailure(error, retryInMs)
        await sleep(retryInMs, { clock, signal }).catch(() => undefined)
      }
    }
    await Promise.all(this.#helpers)
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting.clear()
  }

  async #receiveOrWait(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const startedMs = clock.monotonic()
    const size = await this.#receive(signal)
    // Only after the confirmation, because a queue that redelivers all messages is not live.
    this.#setLive(true)
    if (size >= BACKLOG_BATCH) this.#startHelper(signal)
    if (size === 0) await this.#pause(startedMs + MIN_EMPTY_MS, signal)
  }

  /** Receives and confirms one batch. Returns its size. */
  async #receive(signal: AbortSignal): Promise<number> {
    const { source, clock, isLeading } = this.#options
    while (this.#waiting.size >= MAX_WAITING) await sleep(MIN_EMPTY_MS, { clock, signal })
    const startedMs = clock.monotonic()
    const batch = await source.receive({ signal })
    // After a pause of the machine another replica may lead. The messages are delivered again, to that one.
    if (!isLeading()) return 0
    this.#take(batch)
    const size = batch.hints.length + batch.ignored.length
    if (size > 0) await batch.confirm({ signal })
    if (size >= BACKLOG_BATCH) await this.#pause(startedMs + MIN_BACKLOG_MS, signal)
    return size
  }

  async #pause(untilMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const leftMs = untilMs - clock.monotonic()
    if (leftMs > 0) await sleep(leftMs, { clock, signal })
  }

  #startHelper(signal: AbortSignal): void {
    if (this.#helpers.size >= MAX_RECEIVES - 1) return
    const helper = this.#receiveBacklog(signal).finally(() => this.#helpers.delete(helper))
    this.#helpers.add(helper)
  }

  /** Receives until no backlog is left, or a call fails. */
  async #receiveBacklog(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted && (await this.#receive(signal)) >= BACKLOG_BATCH) continue
    } catch {
      // The main loop receives as well, and reports a failure that persists.
    }
  }

  #take({ hints, ignored }: HintBatch): void {
    const { isKnown, onResult } = this.#options
    for (const reason of ignored) onResult(reason)
    for (const { secretName, eventMs } of hints) {
      if (!isKnown(secretName)) onResult('unknown')
      else if (this.#waiting.has(secretName)) onResult('duplicate')
      else {
        this.#waiting.set(secretName, eventMs)
        onResult('taken')
      }
    }
    this.#drain()
  }

  #drain(): void {
    const { hint, onAge, clock, maxPerSecond } = this.#options
    const nowMs = clock.monotonic()
    this.#tokens = Math.min(maxPerSecond, this.#tokens + ((nowMs - this.#refilledMs) / 1_000) * maxPerSecond)
    this.#refilledMs = nowMs
    for (const [secretName, eventMs] of this.#waiting) {
      if (this.#tokens < 1) break
      this.#tokens -= 1
      this.#waiting.delete(secretName)
      hint(secretName)
      if (eventMs !== undefined) onAge(Math.max(0, clock.now() - eventMs))
    }
    if (this.#waiting.size === 0 || this.#timer !== undefined) return
    this.#timer = clock.setTimeout(
      () => {
        this.#timer = undefined
        this.#drain()
      },
      ((1 - this.#tokens) / maxPerSecond) * 1_000 + 1,
    )
  }

  #setLive(isLive: boolean): void {
    if (this.#isLive === isLive) return
    this.#isLive = isLive
    this.#options.onLive(isLive)
  }
}
