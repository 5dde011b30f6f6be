/** Tells on stderr what is being done, so that stdout holds the results alone. */
export class Progress {
  readonly #stream: { write(text: string): unknown }
  readonly #startedMs = performance.now()

  constructor(stream: { write(text: string): unknown } = process.stderr) {
    this.#stream = stream
  }

  note(text: string): void {
    const seconds = ((performance.now() - this.#startedMs) / 1_000).toFixed(0).padStart(4)
    this.#stream.write(`bench: ${seconds} s  ${text}\n`)
  }
}
