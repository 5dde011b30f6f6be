import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, readlink, rename, rmdir, symlink, unlink } from 'node:fs/promises'

/** Type of a path, without following links. */
type EntryKind = 'file' | 'directory' | 'link' | 'other'

/** The file system operations of the writer; a test can fail at each. Errors are those of Node, with their `code`. */
export interface Disk {
  /** Undefined if the path does not exist. */
  kindOf(path: string): Promise<EntryKind | undefined>
  list(path: string): Promise<readonly string[]>
  readLink(path: string): Promise<string>
  /** Bytes of a regular file; never through a link. `EFBIG` above `maxBytes`. */
  readFile(path: string, maxBytes: number): Promise<Uint8Array>
  /** Mode 0700. `EEXIST` if the path exists. */
  makeDirectory(path: string): Promise<void>
  /** A new file of mode 0600, flushed to the disk. `EEXIST` if the path exists. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>
  makeLink(path: string, to: string): Promise<void>
  /** Replaces a file or link at `to` in one step. */
  rename(path: string, to: string): Promise<void>
  removeFile(path: string): Promise<void>
  /** `ENOTEMPTY` if it is not empty. */
  removeDirectory(path: string): Promise<void>
  /** Flushes the changes of the directory to the disk. */
  syncDirectory(path: string): Promise<void>
  /** Whether a process with this id runs on this machine. */
  isAlive(pid: number): boolean
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** The machine's file system. */
export const nodeDisk: Disk = {
  async kindOf(path) {
    try {
      const entry = await lstat(path)
      if (entry.isFile()) return 'file'
      if (entry.isDirectory()) return 'directory'
      return entry.isSymbolicLink() ? 'link' : 'other'
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    }
  },
  list: (path) => readdir(path),
  readLink: (path) => readlink(path),
  async readFile(path, maxBytes) {
    // Without O_NONBLOCK, opening a planted FIFO would block forever.
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      const entry = await file.stat()
      if (!entry.isFile()) throw errno('EINVAL', 'not a regular file')
      if (entry.size > maxBytes) throw errno('EFBIG', `larger than ${maxBytes} bytes`)
      return await file.readFile()
    } finally {
      await file.close()
    }
  },
  makeDirectory: (path) => mkdir(path, 0o700),
  async writeFile(path, bytes) {
    const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  },
  makeLink: (path, to) => symlink(to, path),
  rename: (path, to) => rename(path, to),
  removeFile: (path) => unlink(path),
  removeDirectory: (path) => rmdir(path),
  async syncDirectory(path) {
    const directory = await open(path, O_RDONLY)
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  },
  isAlive(pid) {
    try {
      process.kill(pid, 0)
      return true
    } catch (error) {
      return errnoOf(error) !== 'ESRCH'
    }
  },
}

/** Node's error code of a thrown value. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function errno(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
