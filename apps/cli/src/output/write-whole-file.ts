import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { chmod, constants, copyFile, link, realpath, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { defined } from '@ack-secret-manager/core'

/** Options of {@link writeWholeFile}. */
export interface WriteWholeFileOptions {
  /** `wx` fails with `EEXIST` if the file exists, `w` replaces it. */
  readonly flag: 'w' | 'wx'
  readonly mode?: number
}

/** Writes a file completely, or not at all: until then, and if it fails, an existing file keeps its content. */
export async function writeWholeFile(
  file: string,
  text: string | AsyncIterable<string>,
  { flag, mode }: WriteWholeFileOptions,
): Promise<void> {
  const existing = statSync(file, { throwIfNoEntry: false })
  // A device such as /dev/full cannot be replaced.
  if (existing?.isFile() === false) return writeFile(file, text, { flag })
  const target = existing === undefined ? file : await realpath(file)
  const part = path.join(path.dirname(target), `.acksm-${randomUUID()}`)
  try {
    await writeFile(part, text, { flag: 'wx', ...defined({ mode: existing?.mode ?? mode }) })
    if (flag === 'wx') return await placeNew(part, file)
    // A umask may have removed some of its permissions.
    if (existing !== undefined) await chmod(part, existing.mode)
    await rename(part, target)
  } finally {
    await rm(part, { force: true })
  }
}

/** Renames a file unless the name is taken. */
async function placeNew(part: string, file: string): Promise<void> {
  try {
    await link(part, file)
  } catch (error) {
    if (isExisting(error)) throw error
    // A file system without links.
    await copyFile(part, file, constants.COPYFILE_EXCL)
  }
}

/** Whether a file could not be created because it exists. */
export function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}
