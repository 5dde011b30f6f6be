import { openSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import type { TerminalInput } from '../commands/command-io.ts'

const CONTROLLING_TERMINAL = process.platform === 'win32' ? String.raw`\\.\CONIN$` : '/dev/tty'

/**
 * Opens the terminal that the user types into: stdin, or the controlling terminal if stdin is redirected.
 * @returns undefined without a terminal, or if questions on stderr would not reach it
 */
export function openTerminal(): TerminalInput | undefined {
  if (!process.stderr.isTTY) return undefined
  if (process.stdin.isTTY) return process.stdin
  try {
    return new ReadStream(openSync(CONTROLLING_TERMINAL, 'r'))
  } catch {
    // The process has none: a service, or a container without `-t`.
    return undefined
  }
}
