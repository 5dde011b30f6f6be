import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'

/** As shells do without `PATH`. */
const SYSTEM_PATH = '/usr/bin:/bin'

/** Where to search for a program. */
export interface SearchPath {
  /** `PATH`. Empty or undefined: the directories of the system, never the working directory alone. */
  readonly directories: string | undefined
  readonly cwd: string
}

/** The file of a program, as a shell finds it; its name if there is none. */
export async function findProgram(program: string, { directories, cwd }: SearchPath): Promise<string> {
  if (program.includes('/')) return program
  const searched = directories === undefined || directories === '' ? SYSTEM_PATH : directories
  for (const directory of searched.split(path.delimiter)) {
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
