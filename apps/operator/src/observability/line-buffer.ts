import type { LogDestination } from './logger.ts'

/** Longest text that is held back, in characters. */
const MAX_LENGTH = 64 * 1024

/**
 * Writes the lines of one turn of the event loop together: a write to a pipe waits for the kernel, and a busy operator logs
 * hundreds of lines a second. Nothing waits longer than the turn; who ends the process calls `flush`.
 */
export class LineBuffer implements LogDestination {
  readonly #destination: LogDestination
  #text = ''

  constructor(destination: LogDestination) {
    this.#destination = destination
  }

  write(line: string): void {
    if (this.#text === '') setImmediate(() => this.flush())
    this.#text += line
    if (this.#text.length > MAX_LENGTH) this.flush()
  }

  flush(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    this.#destination.write(text)
  }
}
