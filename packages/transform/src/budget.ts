import { SecretSyncError } from '@ack-secret-manager/core'

/** Limits the total work or size that a spec and a document can cause, because all resources share one process. */
export class Budget {
  readonly #sentence: string
  readonly #limit: number
  #left: number

  /** @param sentence error message when the budget is exhausted; names the limit */
  constructor(limit: number, sentence: string) {
    this.#sentence = sentence
    this.#limit = limit
    this.#left = limit
  }

  /** The total so far, even beyond the limit. */
  get spent(): number {
    return this.#limit - this.#left
  }

  /** @throws SecretSyncError `TooLarge` when the budget is exhausted */
  spend(amount: number): void {
    this.#left -= amount
    if (this.#left < 0) throw new SecretSyncError('TooLarge', this.#sentence)
  }
}
