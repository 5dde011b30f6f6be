import type { SecretValue } from '@ack-secret-manager/core'

/** When to read a secret around an announced rotation. */
export interface RotationOptions {
  /** Delay of the first read after the announced time. @default 5_000 */
  readonly delayMs: number
  /** Interval of reads until the rotation shows. @default 10_000 */
  readonly retryMs: number
  /** Maximum number of reads; afterwards the refresh interval applies. @default 12 */
  readonly attempts: number
}

/**
 * When to read one source for an announced rotation. The announced wall-clock time is converted to monotonic time when it is
 * read. A time in the past is ignored. A wall clock that jumps forward therefore causes no reads, and one that jumps back only
 * delays them.
 */
export class RotationWatch {
  readonly #options: RotationOptions
  #dueMs = Infinity
  #announcedMs: number | undefined
  #versionId: string | undefined
  #lastMs: number | undefined
  #attemptsLeft = 0

  constructor(options: RotationOptions) {
    this.#options = options
  }

  /** When to read next; monotonic, Infinity if no rotation is announced. */
  get dueMs(): number {
    return this.#dueMs
  }

  /** A read is due; {@link learn} receives its value. */
  onDue(): void {
    this.#dueMs = Infinity
    if (this.#attemptsLeft === 0) this.#attemptsLeft = this.#options.attempts
  }

  /** Updates the schedule from the value of a read. */
  learn({ versionId, rotation }: SecretValue, nowMs: number, wallMs: () => number): void {
    const announcedMs = rotation?.automatic === true ? rotation.nextMs : undefined
    const lastMs = rotation?.lastMs
    const moved = versionId !== this.#versionId || lastMs !== this.#lastMs || announcedMs !== this.#announcedMs
    if (this.#attemptsLeft > 0 && !moved) {
      this.#attemptsLeft -= 1
      this.#dueMs = this.#attemptsLeft > 0 ? nowMs + this.#options.retryMs : Infinity
      return
    }
    this.#attemptsLeft = 0
    this.#versionId = versionId
    this.#lastMs = lastMs
    const isNew = announcedMs !== this.#announcedMs
    this.#announcedMs = announcedMs
    if (isNew) this.#dueMs = Infinity
    if (announcedMs === undefined) return
    const aheadMs = announcedMs + this.#options.delayMs - wallMs()
    if (aheadMs > 0) this.#dueMs = nowMs + aheadMs
  }

  /** Stops until the next announcement. */
  stop(): void {
    this.#dueMs = Infinity
    this.#attemptsLeft = 0
    this.#announcedMs = undefined
  }
}
