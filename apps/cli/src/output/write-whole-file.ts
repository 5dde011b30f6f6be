import { open, rm } from 'node:fs/promises'

/** Options of {@link writeWholeFile}. */
export interface WriteWholeFileOptions {
  /** `wx` fails with `EEXIST` if the file exists, `w` replaces it. */
  readonly flag: 'w' | 'wx'
  readonly mode?: number
}

/** Writes a file, and removes it again if it cannot be written completely: a part of it would block the next call. */
export async function writeWholeFile(
  file: string,
  text: string | AsyncIterable<string>,
  { flag, mode }: WriteWholeFileOptions,
): Promise<void> {
  const handle = await open(file, flag, mode)
  try {
    await handle.writeFile(text)
  } catch (error) {
    // Not a device such as /dev/full.
    if ((await handle.stat()).isFile()) await rm(file, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}
