import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { systemCodeOf } from '@ack-secret-manager/alicloud-openapi'
import { invalidConfig } from './invalid-config.ts'

/** Profiles of people have a few kilobytes; a special file could have no end. */
const MAX_FILE_BYTES = 1_048_576

/** Called with the path of a file that other users may read or change, its mode, and the id of its owner if that is another user. */
export type OnExposedFile = (shown: string, mode: number, otherOwner?: number) => void

/** Who changes a profile chooses the command that it runs. */
const READ_OR_CHANGED_BY_OTHERS = 0o066

/**
 * The text of a configuration file; undefined if it does not exist.
 * @param shown the path as messages show it
 * @throws SecretSyncError `InvalidSpec` if it cannot be read or is too large
 */
export async function readConfigFile(
  path: string,
  shown: string,
  onExposedFile?: OnExposedFile,
): Promise<string | undefined> {
  try {
    // Opening a FIFO would wait for a writer.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat()
    if (!stat.isFile()) throw invalidConfig(shown, 'is not a file')
    if (stat.size > MAX_FILE_BYTES) throw invalidConfig(shown, `is larger than ${MAX_FILE_BYTES} bytes`)
    const mode = stat.mode & 0o777
    const ownId = process.getuid?.()
    // The administrator may change every file.
    const otherOwner = stat.uid === ownId || stat.uid === 0 ? undefined : stat.uid
    // Windows has neither users nor such modes.
    const isExposed = (mode & READ_OR_CHANGED_BY_OTHERS) !== 0 || otherOwner !== undefined
    if (isExposed && ownId !== undefined) onExposedFile?.(shown, mode, otherOwner)
    return await file.readFile('utf8')
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === undefined) throw error
    throw invalidConfig(shown, `cannot be read (${code})`)
  }
}
