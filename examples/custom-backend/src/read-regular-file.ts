import { open, realpath } from 'node:fs/promises'
import path from 'node:path'

/** Reads a file. Rejects with the system error, such as `ENOENT` for a missing file. */
export type ReadFile = (
  file: string,
  options: { readonly root: string; readonly signal: AbortSignal },
) => Promise<Uint8Array>

const MAX_FILE_BYTES = 1_048_576

/** Reads a regular file. Its path must be below `root` after symbolic links are resolved. */
export const readRegularFile: ReadFile = async (file, { root, signal }) => {
  const [real, home] = await Promise.all([realpath(file), realpath(root)])
  if (!real.startsWith(home + path.sep)) throw Object.assign(new Error('outside of the folder'), { code: 'ENOENT' })
  const handle = await open(real)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw Object.assign(new Error('no file'), { code: 'ENOENT' })
    if (stats.size > MAX_FILE_BYTES) throw Object.assign(new Error('too large'), { code: 'EFBIG' })
    return await handle.readFile({ signal })
  } finally {
    await handle.close()
  }
}
