import { join } from 'node:path'
import type { TargetRef } from '@ack-secret-manager/core'
import { type Disk, errnoOf } from './disk.ts'
import { decodeMeta, type Meta } from './meta.ts'

/** Link to the current version. Renaming it changes all files of a target at once. */
export const CURRENT = '..data'
/** Metadata file inside a version. */
export const META = '..meta.json'
/** Temporary names of links before their rename. */
export const NEXT_CURRENT = '..data_tmp'
export const NEXT_LINK = '..link_tmp'

/** Above the size limit of a Secret (1 MiB), small enough to read into memory. */
const MAX_FILE_BYTES = 2 * 1024 * 1024

/** Name of a version folder: time, id of the creating process, random digits. */
const VERSION = /^\.\.\d{4}(?:_\d\d){5}\.(\d{1,10})-[0-9a-f]{8}$/

/** Error codes of reading a key that was replaced by a link, folder, FIFO or oversized file. */
const NO_KEY: ReadonlySet<string> = new Set(['ENOENT', 'ELOOP', 'EISDIR', 'EINVAL', 'ENXIO', 'EFBIG'])

/** Entries of a target's folder. */
export interface TargetFolder {
  readonly path: string
  /** Name of the current version; undefined without one. */
  readonly version: string | undefined
  /** Metadata of the current version; undefined if missing or malformed. */
  readonly meta: Meta | undefined
  /** Files of the current version, which are its keys. */
  readonly keys: readonly string[]
  /** Links of this writer into the current version, also dangling ones. */
  readonly links: ReadonlySet<string>
  /** Files that this writer did not create. */
  readonly foreign: ReadonlySet<string>
  /** Version folders that are not current, and temporary links. */
  readonly leftovers: readonly string[]
}

/** A name for a new version. */
export function versionName(now: Date, pid: number, random: string): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_')
  return `..${time}.${pid}-${random}`
}

/** Id of the process that created a version folder; undefined if `name` is not a version folder. */
export function versionCreator(name: string): number | undefined {
  const pid = VERSION.exec(name)?.[1]
  return pid === undefined ? undefined : Number(pid)
}

/** Target of a key's link. */
export function linkTarget(key: string): string {
  return `${CURRENT}/${key}`
}

/**
 * Reads a target's folder; undefined if it does not exist. Does not follow links.
 * @throws errors of the file system
 */
export async function readFolder(root: string, target: TargetRef, disk: Disk): Promise<TargetFolder | undefined> {
  const path = join(root, target.namespace, target.name)
  if (!(await isDirectory(join(root, target.namespace), disk)) || !(await isDirectory(path, disk))) return undefined
  const version = await currentVersion(path, disk)
  const links = new Set<string>()
  const foreign = new Set<string>()
  const leftovers: string[] = []
  for (const name of await disk.list(path)) {
    if (name === CURRENT || name === version) continue
    if (name.startsWith('..')) {
      if (versionCreator(name) !== undefined || name === NEXT_CURRENT || name === NEXT_LINK) leftovers.push(name)
    } else if (await isOurLink(path, name, disk)) links.add(name)
    else foreign.add(name)
  }
  if (version === undefined) return { path, version, meta: undefined, keys: [], links, foreign, leftovers }
  const files = await disk.list(join(path, version))
  const keys = files.filter((name) => !name.startsWith('..'))
  const meta = files.includes(META) ? await readMeta(join(path, version, META), disk) : undefined
  return { path, version, meta, keys, links, foreign, leftovers }
}

/** The keys of the current version with their bytes. Skips keys that are no longer readable files. */
export async function* readKeys(folder: TargetFolder, disk: Disk): AsyncGenerator<readonly [string, Uint8Array]> {
  for (const key of folder.keys) {
    const bytes = await readKey(join(folder.path, folder.version ?? '', key), disk)
    if (bytes) yield [key, bytes]
  }
}

/** The keys as a workload sees them: skips keys without a link, and reads the file that replaced a link. */
export async function* readVisibleKeys(
  folder: TargetFolder,
  disk: Disk,
  foreign: readonly string[] = [],
): AsyncGenerator<readonly [string, Uint8Array]> {
  for (const key of new Set([...folder.keys, ...foreign])) {
    if (!folder.links.has(key) && !folder.foreign.has(key)) continue
    const within = folder.links.has(key) ? join(folder.path, folder.version ?? '') : folder.path
    const bytes = await readKey(join(within, key), disk)
    if (bytes) yield [key, bytes]
  }
}

async function readKey(path: string, disk: Disk): Promise<Uint8Array | undefined> {
  try {
    return await disk.readFile(path, MAX_FILE_BYTES)
  } catch (error) {
    if (NO_KEY.has(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

async function currentVersion(path: string, disk: Disk): Promise<string | undefined> {
  if ((await disk.kindOf(join(path, CURRENT))) !== 'link') return undefined
  const version = await disk.readLink(join(path, CURRENT))
  // A planted link leads elsewhere, so it is not a version.
  if (versionCreator(version) === undefined) return undefined
  return (await disk.kindOf(join(path, version))) === 'directory' ? version : undefined
}

async function readMeta(path: string, disk: Disk): Promise<Meta | undefined> {
  if ((await disk.kindOf(path)) !== 'file') return undefined
  return decodeMeta(Buffer.from(await disk.readFile(path, MAX_FILE_BYTES)).toString())
}

async function isOurLink(path: string, name: string, disk: Disk): Promise<boolean> {
  if ((await disk.kindOf(join(path, name))) !== 'link') return false
  return (await disk.readLink(join(path, name))) === linkTarget(name)
}

/** False if the path does not exist. */
async function isDirectory(path: string, disk: Disk): Promise<boolean> {
  const kind = await disk.kindOf(path)
  if (kind === undefined || kind === 'directory') return kind === 'directory'
  throw Object.assign(new Error('not a directory'), { code: kind === 'link' ? 'ELOOP' : 'ENOTDIR', path })
}
