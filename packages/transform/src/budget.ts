import { SecretSyncError } from '@ack-secret-manager/core'

/** Bounds what a spec and a document can ask for together: the process has one thread and one memory. */
export class Budget {
  readonly #sentence: string
  #left: number

  /** @param sentence what is told when it is used up; names the limit */
  constructor(limit: number, sentence: string) {
    this.#left = limit
    this.#sentence = sentence
  }

  /** @throws SecretSyncError `TooLarge` when all is used up */
  spend(amount: number): void {
    this.#left -= amount
    if (this.#left < 0) throw new SecretSyncError('TooLarge', this.#sentence)
  }
}
