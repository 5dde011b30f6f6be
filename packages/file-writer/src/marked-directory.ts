import { mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SecretSyncError } from '@ack-secret-manager/core'
import { type Disk, errnoOf } from './disk.ts'

/** File that marks a directory of this writer. */
const MARKER = '.ack-secret-manager'

const MARKER_TEXT = 'ack-secret-manager: this directory is written by it, format 1\n'
const MARKER_MAX_BYTES = 1024

const WORLD_WRITABLE = 0o002

/**
 * Claims a directory that is missing, empty, or marked already.
 * @returns its real path
 * @throws SecretSyncError `InvalidSpec` for any other directory, and for a world-writable one
 */
export async function claimDirectory(directory: string, disk: Disk): Promise<string> {
  await makeDirectories(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'EEXIST' || errnoOf(error) === 'ENOTDIR') throw invalidSpec(directory, 'is not a directory')
    throw error
  })
  const { root, isMarked } = await checkDirectory(directory, disk)
  if (!isMarked) {
    await disk.writeFile(join(root, MARKER), Buffer.from(MARKER_TEXT))
    await disk.syncDirectory(root)
  }
  return root
}

/** As `mkdir` with `recursive`, which never ends where the file system takes no directory, such as in /proc. */
async function makeDirectories(directory: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(directory, { mode: 0o700 }).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error
      const found = await stat(directory).catch((why: unknown) => {
        throw errnoOf(why) === 'ENOENT'
          ? invalidSpec(directory, 'is a symbolic link to a path that does not exist')
          : why
      })
      if (!found.isDirectory()) throw error
    })
  try {
    await make()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(directory) === directory) throw error
    await makeDirectories(dirname(directory))
    await make()
  }
}

/**
 * Checks a directory that {@link claimDirectory} could claim, and changes nothing.
 * @returns its real path; undefined if it is missing
 * @throws as {@link claimDirectory}
 */
export async function findDirectory(directory: string, disk: Disk): Promise<string | undefined> {
  const kind = await stat(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined
    if (errnoOf(error) === 'ENOTDIR') throw invalidSpec(directory, 'is not a directory')
    throw error
  })
  if (kind === undefined) return undefined
  if (!kind.isDirectory()) throw invalidSpec(directory, 'is not a directory')
  return (await checkDirectory(directory, disk)).root
}

async function checkDirectory(directory: string, disk: Disk): Promise<{ root: string; isMarked: boolean }> {
  const root = await realpath(directory)
  // Another user could plant a folder or link in the path of a Secret; a sticky bit does not prevent that.
  if (((await stat(root)).mode & WORLD_WRITABLE) !== 0) {
    throw new SecretSyncError(
      'InvalidSpec',
      `output directory ${directory} is writable by every user of this machine: run chmod o-w on it, or choose another directory`,
    )
  }
  const marker = join(root, MARKER)
  if ((await disk.kindOf(marker)) === 'file') {
    const text = Buffer.from(await disk.readFile(marker, MARKER_MAX_BYTES)).toString()
    // A crash while the marker was written leaves it empty.
    if (text !== MARKER_TEXT && text !== '')
      throw invalidSpec(directory, 'was created by another version of ack-secret-manager')
    return { root, isMarked: true }
  }
  if ((await disk.list(root)).length > 0)
    throw invalidSpec(directory, 'contains files and was not created by ack-secret-manager')
  return { root, isMarked: false }
}

function invalidSpec(directory: string, why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `output directory ${directory} ${why}: choose a new or empty directory`)
}
