import type { OutputStream } from '@ack-secret-manager/command-line'
import { printable } from './printable.ts'

/** Levels, from most to least verbose. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** See {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Messages on stderr, one line each. Results go to stdout. */
export class Log {
  readonly #stream: OutputStream
  readonly #least: number

  constructor(stream: OutputStream, level: LogLevel) {
    this.#stream = stream
    this.#least = LOG_LEVELS.indexOf(level)
  }

  debug(text: string): void {
    this.#write('debug', `debug: ${text}`)
  }

  info(text: string): void {
    this.#write('info', text)
  }

  warn(text: string): void {
    this.#write('warn', `warning: ${text}`)
  }

  /** Why the command fails. */
  error(text: string): void {
    this.#write('error', text)
  }

  #write(level: LogLevel, text: string): void {
    if (LOG_LEVELS.indexOf(level) >= this.#least) this.#stream.write(`acksm: ${printable(text)}\n`)
  }
}
