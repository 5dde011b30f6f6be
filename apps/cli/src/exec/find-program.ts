import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'

/** Where to search for a program. */
export interface SearchPath {
  /** `PATH` */
  readonly directories: string
  readonly cwd: string
}

/** The file of a program, as a shell finds it; its name if there is none. */
export async function findProgram(program: string, { directories, cwd }: SearchPath): Promise<string> {
  if (program.includes('/')) return program
  for (const directory of directories.split(path.delimiter)) {
    const file = path.resolve(cwd, directory, program)
    // oxlint-disable-next-line no-await-in-loop -- the first one wins
    if (await isExecutable(file)) return file
  }
  return program
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}
