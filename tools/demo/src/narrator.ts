/** Output of the demo. */
export interface NarratorStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** Prints the steps of the demo, with colours on a terminal only. */
export class Narrator {
  readonly #stream: NarratorStream
  readonly #colour: boolean
  #step = 0

  constructor(stream: NarratorStream, env: Readonly<Record<string, string | undefined>>) {
    this.#stream = stream
    this.#colour = stream.isTTY === true && (env['NO_COLOR'] ?? '') === ''
  }

  /** Begins the next step. */
  step(title: string): void {
    this.#step += 1
    this.#stream.write(`\n${this.#paint('1;36', `${this.#step}. ${title}`)}\n`)
  }

  /** Prints an input or output of a user. */
  show(text: string): void {
    this.#stream.write(`${text.replace(/^/gm, '   ').trimEnd()}\n`)
  }

  /** Prints the result of a step. */
  result(text: string): void {
    this.#stream.write(`   ${this.#paint('32', '✓')} ${text}\n`)
  }

  /** An additional line. */
  note(text: string): void {
    this.#stream.write(`${this.#paint('2', text)}\n`)
  }

  #paint(code: string, text: string): string {
    return this.#colour ? `\u001B[${code}m${text}\u001B[0m` : text
  }
}
