import { SecretSyncError } from '@ack-secret-manager/core'

/** Bounds what a spec and a document can ask for together: the process has one thread and one memory. */
export class Budget {
  readonly #sentence: string
  readonly #limit: number
  #left: number

  /** @param sentence what is told when it is used up; names the limit */
  constructor(limit: number, sentence: string) {
    this.#sentence = sentence
    this.#limit = limit
    this.#left = limit
  }

  /** What has been asked for so far, also beyond the limit. */
  get spent(): number {
    return this.#limit - this.#left
  }

  /** @throws SecretSyncError `TooLarge` when all is used up */
  spend(amount: number): void {
    this.#left -= amount
    if (this.#left < 0) throw new SecretSyncError('TooLarge', this.#sentence)
  }
}
