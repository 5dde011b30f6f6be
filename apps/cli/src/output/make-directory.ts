import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'

/** As `mkdir` with `recursive`, which never ends where the file system takes no directory, such as in /proc. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await makeOne(directory)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || path.dirname(directory) === directory) throw error
    await makeDirectory(path.dirname(directory))
    await makeOne(directory)
  }
}

async function makeOne(directory: string): Promise<void> {
  try {
    await mkdir(directory)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !(await stat(directory)).isDirectory()) throw error
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
