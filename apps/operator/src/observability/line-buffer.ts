import type { LogDestination } from './logger.ts'

/** Longest delay of a line. */
const MAX_DELAY_MS = 50
/** Buffered text that triggers a write, in characters. */
const MAX_LENGTH = 64 * 1024

/**
 * Batches log lines, because each write to a pipe blocks and a busy operator logs hundreds of lines a second. Call `flush` before
 * the process exits.
 */
export class LineBuffer implements LogDestination {
  readonly #destination: LogDestination
  #timer: NodeJS.Timeout | undefined
  #text = ''

  constructor(destination: LogDestination) {
    this.#destination = destination
  }

  write(line: string): void {
    this.#text += line
    if (this.#text.length > MAX_LENGTH) this.flush()
    // Unreferenced: a pending flush must not keep the process alive.
    else this.#timer ??= setTimeout(() => this.flush(), MAX_DELAY_MS).unref()
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const text = this.#text
    this.#text = ''
    if (text !== '') this.#destination.write(text)
  }
}
