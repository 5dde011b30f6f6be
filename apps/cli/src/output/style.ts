import type { CommandIo } from '@ack-secret-manager/command-line'

/** Colours text, if colours are enabled. */
export type Paint = (colour: 'green' | 'red' | 'yellow' | 'bold', text: string) => string

const CODES = { green: 32, red: 31, yellow: 33, bold: 1 } as const

/** Colours for stdout: only on a terminal, and without `NO_COLOR` (no-color.org). */
export function paintFor({ isTTY, env }: Pick<CommandIo, 'isTTY' | 'env'>): Paint {
  const wanted = isTTY.stdout && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return wanted ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_colour, text) => text
}
