import type { SecretValue } from '@ack-secret-manager/core'

/** Plaintext of a source, from the read that got it until everybody who was told of it has used it. */
export class KeptValue {
  #value: SecretValue | undefined
  /** There may be ten thousand of these, and mostly nobody is owed anything: then it is not there. */
  #owedTo: Set<string> | undefined
  /** When it goes even if somebody has not used it; monotonic. */
  untilMs = Infinity

  get value(): SecretValue | undefined {
    return this.#value
  }

  /** Keeps `value` for `subscribers`, besides those who are owed it already. */
  keep(value: SecretValue, subscribers: Iterable<string>, untilMs: number): void {
    const owedTo = new Set([...(this.#owedTo ?? []), ...subscribers])
    if (owedTo.size === 0) return
    this.#owedTo = owedTo
    this.#value = value
    this.untilMs = untilMs
  }

  /** A newcomer may have it too, if it is still there. */
  owe(subscriber: string): void {
    this.#owedTo?.add(subscriber)
  }

  /** `subscriber` has used it or will not any more. */
  settle(subscriber: string): void {
    if (this.#owedTo?.delete(subscriber) && this.#owedTo.size === 0) this.drop()
  }

  drop(): void {
    this.#value = undefined
    this.#owedTo = undefined
    this.untilMs = Infinity
  }
}
