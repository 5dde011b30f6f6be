import { WorkBudget } from '@ack-secret-manager/transform'

/** Effort of one turn of the event loop; 1 is about a microsecond of processor time. */
const TURN_EFFORT = 10_000
/** Effort per byte of a document, which may be YAML. */
const BYTE_EFFORT = 4

/** Waits for the next turn of the event loop. */
export type Pause = () => Promise<void>

/** Pauses whenever a turn of the event loop has done enough work. */
export class TurnPacer {
  readonly #pause: Pause
  #spent = 0

  constructor(pause: Pause) {
    this.#pause = pause
  }

  /** Resolves when `effort` microseconds of work may begin. */
  readonly yieldIfNeeded = async (effort: number): Promise<void> => {
    if (this.#spent + effort >= TURN_EFFORT && this.#spent > 0) {
      await this.#pause()
      this.#spent = 0
    }
    this.#spent += effort
  }
}

/** The work budget of one resource, spread over turns of the event loop. */
export class PacedWork {
  readonly budget = new WorkBudget()
  readonly #pause: Pause
  #pausedAt = 0

  constructor(pause: Pause) {
    this.#pause = pause
  }

  /** Pauses if the work since the last pause plus the next document exceeds one turn. */
  async yieldIfNeeded(documentBytes: number = 0): Promise<void> {
    if (this.budget.effort - this.#pausedAt + documentBytes * BYTE_EFFORT < TURN_EFFORT) return
    await this.#pause()
    this.#pausedAt = this.budget.effort
  }
}

export const nextTurn: Pause = () => new Promise((resolve) => setImmediate(resolve))
