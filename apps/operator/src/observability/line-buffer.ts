import type { LogDestination } from './logger.ts'

/** Longest time that a line is held back. */
const MAX_DELAY_MS = 50
/** Longest text that is held back, in characters. */
const MAX_LENGTH = 64 * 1024

/**
 * Writes lines together that come shortly after each other: a write to a pipe waits for the kernel, and a busy operator logs
 * hundreds of lines a second. Who ends the process calls `flush`.
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
    // Nothing that a process has to stay alive for.
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
