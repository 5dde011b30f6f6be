import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import path from 'node:path'
import { exitOnClosedPipe } from './exit-on-closed-pipe.ts'

/**
 * Does the work of a whole process, which leaves nothing behind: what it and the programs that it starts put into the temporary
 * directory goes with it, also at SIGINT and SIGTERM, which end it at once with exit code 130 or 143, and when its reader has left.
 */
export async function inScratch(name: string, work: () => Promise<number>): Promise<number> {
  const directory = mkdtempSync(path.join(tmpdir(), `${name}-`))
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
  process.env.TMPDIR = directory
  const end = (exitCode: number): void => {
    // Runs after the listeners that kill processes which still write there.
    process.once('exit', remove)
    process.exit(exitCode)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(128 + constants.signals[signal]))
  exitOnClosedPipe(end)
  try {
    return await work()
  } finally {
    remove()
  }
}
