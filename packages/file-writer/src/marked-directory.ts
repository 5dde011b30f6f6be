import { mkdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SecretSyncError } from '@ack-secret-manager/core'
import { type Disk, errnoOf } from './disk.ts'

/** File that says whose directory it is. */
const MARKER = '.ack-secret-manager'

const MARKER_TEXT = 'ack-secret-manager: this directory is written by it, format 1\n'
const MARKER_MAX_BYTES = 1024

const WORLD_WRITABLE = 0o002

/**
 * Makes the directory ours: one that is not there or empty becomes ours, one that we made is ours already.
 * @returns its real path
 * @throws SecretSyncError `InvalidSpec` for any other, and for one that every user may write to
 */
export async function claimDirectory(directory: string, disk: Disk): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    if (errnoOf(error) === 'EEXIST' || errnoOf(error) === 'ENOTDIR') throw refused(directory, 'is no directory')
    throw error
  })
  const root = await realpath(directory)
  // Another user could put a folder or a link of his own where a Secret is written; a sticky bit does not prevent that.
  if (((await stat(root)).mode & WORLD_WRITABLE) !== 0) {
    throw new SecretSyncError(
      'InvalidSpec',
      `output directory ${directory} is writable by every user of this machine: chmod o-w it, or name another one`,
    )
  }
  const marker = join(root, MARKER)
  if ((await disk.kindOf(marker)) === 'file') {
    const text = Buffer.from(await disk.readFile(marker, MARKER_MAX_BYTES)).toString()
    // An empty one is what a crash left while making it.
    if (text !== MARKER_TEXT && text !== '')
      throw refused(directory, 'was made by another version of ack-secret-manager')
    return root
  }
  if ((await disk.list(root)).length > 0) throw refused(directory, 'holds files and was not made by ack-secret-manager')
  await disk.writeFile(marker, Buffer.from(MARKER_TEXT))
  await disk.syncDirectory(root)
  return root
}

function refused(directory: string, why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `output directory ${directory} ${why}: name a new or an empty one`)
}
