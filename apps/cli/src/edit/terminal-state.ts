import type { CommandIo } from '@ack-secret-manager/command-line'
import { execFileSync } from 'node:child_process'

/** Leaves the alternate screen, and shows the cursor. */
const NORMAL_SCREEN = '\u001b[?1049l\u001b[?25h'
const STTY_MS = 2_000

/**
 * Saves the settings of the terminal, because a killed editor leaves it without echo.
 * @returns a function that restores them
 */
export function saveTerminal({ process: hooks, isTTY, stderr }: CommandIo): () => void {
  if (hooks?.hasTerminal !== true) return () => undefined
  const saved = stty(['-g'])?.trim()
  return () => {
    if (saved !== undefined) stty([saved])
    if (isTTY.stderr) stderr.write(NORMAL_SCREEN)
  }
}

function stty(args: readonly string[]): string | undefined {
  try {
    return execFileSync('stty', args, { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8', timeout: STTY_MS })
  } catch {
    // Systems without `stty` keep what the editor has left.
    return undefined
  }
}
