import type { SecretValue } from '@ack-secret-manager/core'

/** How closely to look at a rotation that the manager has announced. */
export interface RotationOptions {
  /** From the announced moment to the first look. @default 5_000 */
  readonly delayMs: number
  /** From one look to the next while nothing has moved. @default 10_000 */
  readonly retryMs: number
  /** Looks in all, then the interval has to do. @default 12 */
  readonly attempts: number
}

/**
 * When to look for an announced rotation of one source. The announcement is wall-clock time; it is turned into monotonic time
 * when it is heard, and an announcement that is past by then is left to the interval: so a wall clock that jumps ahead
 * makes no source look, and one that jumps back only makes it look later.
 */
export class RotationWatch {
  readonly #options: RotationOptions
  /** When to look next; monotonic, Infinity if there is nothing to look for. */
  dueMs = Infinity
  #announcedMs: number | undefined
  #versionId: string | undefined
  #lastMs: number | undefined
  #attemptsLeft = 0

  constructor(options: RotationOptions) {
    this.#options = options
  }

  /** The moment has come: the next {@link learn} tells whether anything moved. */
  look(): void {
    this.dueMs = Infinity
    if (this.#attemptsLeft === 0) this.#attemptsLeft = this.#options.attempts
  }

  /** What a read has told. */
  learn({ versionId, rotation }: SecretValue, nowMs: number, wallMs: () => number): void {
    const announcedMs = rotation?.automatic === true ? rotation.nextMs : undefined
    const lastMs = rotation?.lastMs
    const moved = versionId !== this.#versionId || lastMs !== this.#lastMs || announcedMs !== this.#announcedMs
    if (this.#attemptsLeft > 0 && !moved) {
      this.#attemptsLeft -= 1
      this.dueMs = this.#attemptsLeft > 0 ? nowMs + this.#options.retryMs : Infinity
      return
    }
    this.#attemptsLeft = 0
    this.#versionId = versionId
    this.#lastMs = lastMs
    const isNews = announcedMs !== this.#announcedMs
    this.#announcedMs = announcedMs
    if (isNews) this.dueMs = Infinity
    if (announcedMs === undefined) return
    const aheadMs = announcedMs + this.#options.delayMs - wallMs()
    if (aheadMs > 0) this.dueMs = nowMs + aheadMs
  }

  /** Stops looking, until something new is announced. */
  stop(): void {
    this.dueMs = Infinity
    this.#attemptsLeft = 0
    this.#announcedMs = undefined
  }
}
