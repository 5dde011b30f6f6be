import type { CommandIo } from '@ack-secret-manager/command-line'

/** Colours text, if colours are enabled. */
export type Paint = (colour: 'green' | 'red' | 'yellow' | 'bold', text: string) => string

const CODES = { green: 32, red: 31, yellow: 33, bold: 1 } as const
/** Values of `FORCE_COLOR` that switch colours off, as for Node. */
const OFF: ReadonlySet<string> = new Set(['0', 'false'])

/**
 * Colours for a stream, by default stdout: never with `NO_COLOR` (no-color.org), else as `FORCE_COLOR` says, else only on a terminal.
 * An empty variable means not set.
 */
export function paintFor(
  { isTTY, env }: Pick<CommandIo, 'isTTY' | 'env'>,
  stream: 'stdout' | 'stderr' = 'stdout',
): Paint {
  const forced = env['FORCE_COLOR'] || undefined
  const isWanted = forced === undefined ? isTTY[stream] && env['TERM'] !== 'dumb' : !OFF.has(forced)
  return isWanted && !env['NO_COLOR']
    ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`
    : (_colour, text) => text
}
