import { type Clock, remember, SecretSyncError } from '@ack-secret-manager/core'

/** Pause after the first timeout; it doubles with each further one. */
const MIN_PAUSE_MS = 5_000
const MAX_PAUSE_MS = 120_000
/** Limit of remembered connections; the oldest one is forgotten beyond that. */
const MAX_REMEMBERED = 1_000

interface Silence {
  readonly timeouts: number
  readonly untilMs: number
}

/**
 * Connections of pushes whose last call got no response. Further calls fail fast during a pause, so that a hanging region blocks one
 * worker at a time.
 */
export class SilentEndpoints {
  readonly #clock: Clock
  readonly #silent = new Map<string, Silence>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param key endpoint and identity @throws SecretSyncError `Timeout` while it is silent */
  check(key: string, endpoint: string): void {
    const { untilMs = 0 } = this.#silent.get(key) ?? {}
    if (this.#clock.monotonic() >= untilMs) return
    throw new SecretSyncError('Timeout', `${endpoint} did not respond to the previous call; trying again later`)
  }

  /** A call begins. After a pause, the first call is a probe, and the others fail fast until it responds. @throws as {@link check} */
  begin(key: string, endpoint: string): void {
    this.check(key, endpoint)
    const silence = this.#silent.get(key)
    if (silence !== undefined) this.#set(key, silence.timeouts, this.#clock.monotonic())
  }

  timedOut(key: string): void {
    this.#set(key, (this.#silent.get(key)?.timeouts ?? 0) + 1, this.#clock.monotonic())
  }

  responded(key: string): void {
    this.#silent.delete(key)
  }

  #set(key: string, timeouts: number, nowMs: number): void {
    const pauseMs = Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** Math.max(0, timeouts - 1))
    remember(this.#silent, key, { timeouts, untilMs: nowMs + pauseMs }, MAX_REMEMBERED)
  }
}
