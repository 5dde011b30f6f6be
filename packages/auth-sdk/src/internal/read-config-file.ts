import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { systemCodeOf } from '@ack-secret-manager/alicloud-openapi'
import { invalidConfig } from './invalid-config.ts'

/** Profiles of people have a few kilobytes; a special file could have no end. */
const MAX_FILE_BYTES = 1_048_576

/**
 * The text of a configuration file; undefined if it does not exist.
 * @param shown the path as messages show it
 * @throws SecretSyncError `InvalidSpec` if it cannot be read or is too large
 */
export async function readConfigFile(path: string, shown: string): Promise<string | undefined> {
  try {
    // Opening a FIFO would wait for a writer.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat()
    if (!stat.isFile()) throw invalidConfig(shown, 'is not a file')
    if (stat.size > MAX_FILE_BYTES) throw invalidConfig(shown, `is larger than ${MAX_FILE_BYTES} bytes`)
    return await file.readFile('utf8')
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === undefined) throw error
    throw invalidConfig(shown, `cannot be read (${code})`)
  }
}
