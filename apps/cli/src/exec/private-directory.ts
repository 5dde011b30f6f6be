import { errorKind } from '@ack-secret-manager/core'
import { type BigIntStats, closeSync, constants, lstatSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { access, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { InputError } from '../input-error.ts'
import { unwritable } from '../output/unwritable.ts'
import type { Log } from '../output/log.ts'

const OWNER_ONLY = 0o700
/** `TMPFS_MAGIC` of Linux. */
const TMPFS = 0x01021994

/** A new directory that only this user can enter. Its files are overwritten before they are removed. */
export class PrivateDirectory {
  readonly path: string
  readonly #stat: BigIntStats

  private constructor(directory: string) {
    this.path = directory
    this.#stat = lstatSync(directory, { bigint: true })
  }

  /** Creates a directory that does not exist yet. @throws InputError */
  static async create(directory: string): Promise<PrivateDirectory> {
    try {
      await mkdir(directory, { mode: OWNER_ONLY })
      return new PrivateDirectory(directory)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
        const advice = 'choose a new directory, which acksm creates and removes'
        throw new InputError([`--files ${directory}: exists; ${advice}`])
      }
      throw unwritable(`--files ${directory}`, error)
    }
  }

  /**
   * Creates a directory in memory if the system has a place for it, else among the temporary files, with a warning.
   * @param use the command, which is part of the name of the directory, and what the warning begins with
   * @throws InputError
   */
  static async inMemory(
    env: Readonly<Record<string, string | undefined>>,
    log: Log,
    { command, what }: { readonly command: string; readonly what: string },
  ): Promise<PrivateDirectory> {
    for (const parent of [env['XDG_RUNTIME_DIR'], '/dev/shm']) {
      if (parent !== undefined && path.isAbsolute(parent) && (await isWritableMemory(parent))) {
        return PrivateDirectory.#createIn(parent, command)
      }
    }
    const parent = env['TMPDIR'] ?? tmpdir()
    log.warn(`${what}: neither XDG_RUNTIME_DIR nor /dev/shm is in memory and writable; using ${parent}`)
    return PrivateDirectory.#createIn(parent, command)
  }

  static async #createIn(parent: string, command: string): Promise<PrivateDirectory> {
    try {
      return new PrivateDirectory(await mkdtemp(path.join(parent, `acksm-${command}-`)))
    } catch (error) {
      throw unwritable(parent, error)
    }
  }

  /** Never fails, because a program may do anything to it. @returns why values may remain, for a warning */
  async remove(): Promise<string | undefined> {
    const problem = this.#wipe()
    try {
      if (this.#isInPlace()) await rm(this.path, { recursive: true, force: true })
      return problem
    } catch (error) {
      return `${this.path}: cannot be removed (${errorKind(error)}); remove it`
    }
  }

  /** As {@link remove}, right before the process ends. */
  removeNow(): void {
    this.#wipe()
    try {
      if (this.#isInPlace()) rmSync(this.path, { recursive: true, force: true })
    } catch {
      // The process ends with the code that it has.
    }
  }

  /** Whether the path still leads to this directory, and not to files of others. A new directory can have the same inode. */
  #isInPlace(): boolean {
    const found = lstatSync(this.path, { bigint: true, throwIfNoEntry: false })
    const { dev, ino, birthtimeNs } = this.#stat
    return found?.isDirectory() === true && found.dev === dev && found.ino === ino && found.birthtimeNs === birthtimeNs
  }

  #wipe(): string | undefined {
    try {
      if (!this.#isInPlace()) return `${this.path}: was moved or removed before acksm could overwrite the values in it`
      overwriteFiles(this.path)
      return undefined
    } catch (error) {
      return `${this.path}: values in it may not be overwritten (${errorKind(error)})`
    }
  }
}

/** Overwrites the files of a directory. Links to other places are left alone. */
function overwriteFiles(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) overwrite(path.join(entry.parentPath, entry.name))
  }
}

function overwrite(file: string): void {
  try {
    const { size, nlink } = lstatSync(file)
    if (nlink !== 1) return
    const handle = openSync(file, constants.O_WRONLY | constants.O_NOFOLLOW)
    writeSync(handle, Buffer.alloc(size))
    closeSync(handle)
  } catch {
    // Another program has removed it, or has made it read-only. It is removed with its directory.
  }
}

async function isWritableMemory(directory: string): Promise<boolean> {
  try {
    const { type } = await statfs(directory)
    await access(directory, constants.W_OK | constants.X_OK)
    return type === TMPFS
  } catch {
    // It does not exist, or belongs to another user.
    return false
  }
}
