import type { SecretValue } from '@ack-secret-manager/core'

/** Plaintext of a source, from the read that got it until everybody who was told of it has used it. */
export class PlaintextCache {
  #value: SecretValue | undefined
  /** There may be ten thousand of these, and mostly nobody is owed anything: then it is not there. */
  #readers: Set<string> | undefined
  /** When it goes even if somebody has not used it; monotonic. */
  untilMs = Infinity

  get value(): SecretValue | undefined {
    return this.#value
  }

  /** Keeps `value` for `subscribers`, besides those who are owed it already. */
  keep(value: SecretValue, subscribers: Iterable<string>, untilMs: number): void {
    const readers = new Set([...(this.#readers ?? []), ...subscribers])
    if (readers.size === 0) return
    this.#readers = readers
    this.#value = value
    this.untilMs = untilMs
  }

  /** A newcomer may have it too, if it is still there. */
  addReader(subscriber: string): void {
    this.#readers?.add(subscriber)
  }

  /** `subscriber` has used it or will not any more. */
  release(subscriber: string): void {
    if (this.#readers?.delete(subscriber) && this.#readers.size === 0) this.drop()
  }

  drop(): void {
    this.#value = undefined
    this.#readers = undefined
    this.untilMs = Infinity
  }
}
