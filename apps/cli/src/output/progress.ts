import type { CommandIo } from '@ack-secret-manager/command-line'
import { type Clock, type ClockTimer, systemClock } from '@ack-secret-manager/core'
import { printable } from './printable.ts'

/** Shorter work shows no progress. */
const SHOWN_AFTER_MS = 2_000
const REFRESHED_AFTER_MS = 200

/** What a command waits for before it knows how much there is to do. */
export const READING_CLUSTER = 'reading the cluster …'

/** Shows a progress line while `work` takes longer than two seconds. It is erased before the work resolves. */
export async function during<T>(io: CommandIo, text: () => string, work: Promise<T>): Promise<T> {
  const progress = new Progress(io, systemClock, text)
  try {
    return await work
  } finally {
    progress.end()
  }
}

/** A progress line on stderr, only on a terminal. It is erased when the work is done. */
export class Progress {
  readonly #io: CommandIo
  readonly #clock: Clock
  readonly #text: () => string
  #timer: ClockTimer | undefined
  #shown = false

  constructor(io: CommandIo, clock: Clock, text: () => string) {
    this.#io = io
    this.#clock = clock
    this.#text = text
    if (io.isTTY.stderr) this.#again(SHOWN_AFTER_MS)
  }

  /** Erases the line, so that another line can be printed. It appears again with the next refresh. */
  hide(): void {
    if (this.#shown) this.#io.stderr.write('\r\u001b[K')
    this.#shown = false
  }

  end(): void {
    this.#timer?.cancel()
    this.hide()
  }

  #again(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#shown = true
      const width = (this.#io.columns ?? 100) - 1
      this.#io.stderr.write(`\r${printable(this.#text()).slice(0, width)}\u001b[K`)
      this.#again(REFRESHED_AFTER_MS)
    }, delayMs)
  }
}
