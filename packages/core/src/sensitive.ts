import { inspect } from 'node:util'

const REDACTED = '[sensitive]'

/**
 * Wraps secret material, so that no log, template string, JSON or inspection shows it.
 * Only {@link Sensitive.expose} returns the value, so a search for it finds every use of plaintext.
 */
export class Sensitive<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The plaintext. Call it as late as possible, and keep no reference. */
  expose(): T {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
