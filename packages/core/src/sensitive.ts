import { inspect } from 'node:util'

const REDACTED = '[sensitive]'

/**
 * Holds secret material so that no log, template string, JSON or inspection shows it.
 * Only {@link Sensitive.expose} gives the value: a search for that word finds every place where plaintext is used.
 */
export class Sensitive<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The plaintext. Call it where the value leaves for its destination, and keep no reference. */
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
