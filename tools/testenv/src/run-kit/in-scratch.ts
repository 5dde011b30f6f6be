import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import path from 'node:path'
import { exitOnClosedPipe } from './exit-on-closed-pipe.ts'

/**
 * Runs the work of a whole process in a temporary directory, which is also that of its child processes. The directory is deleted at the
 * end, also after SIGINT and SIGTERM, which end the process at once with exit code 130 or 143, and after the output is closed.
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
