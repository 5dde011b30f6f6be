import type { SecretValue } from '@ack-secret-manager/core'

/** Plaintext of a source, kept until every notified subscriber has used it. */
export class PlaintextCache {
  #value: SecretValue | undefined
  /** Undefined while empty, because thousands of sources are mostly idle. */
  #readers: Set<string> | undefined
  #untilMs = Infinity

  get value(): SecretValue | undefined {
    return this.#value
  }

  /** When the plaintext is dropped even with readers left; monotonic. */
  get untilMs(): number {
    return this.#untilMs
  }

  /** Keeps `value` for `subscribers` and the present readers. */
  keep(value: SecretValue, subscribers: Iterable<string>, untilMs: number): void {
    const readers = new Set([...(this.#readers ?? []), ...subscribers])
    if (readers.size === 0) return
    this.#readers = readers
    this.#value = value
    this.#untilMs = untilMs
  }

  /** Adds a reader if there is plaintext. */
  addReader(subscriber: string): void {
    this.#readers?.add(subscriber)
  }

  /** `subscriber` has used the plaintext or no longer needs it. */
  release(subscriber: string): void {
    if (this.#readers?.delete(subscriber) && this.#readers.size === 0) this.drop()
  }

  drop(): void {
    this.#value = undefined
    this.#readers = undefined
    this.#untilMs = Infinity
  }
}
