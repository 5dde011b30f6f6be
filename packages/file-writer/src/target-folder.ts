import { join } from 'node:path'
import type { TargetRef } from '@ack-secret-manager/core'
import { type Disk, errnoOf } from './disk.ts'
import { decodeMeta, type Meta } from './meta.ts'

/** Link that names the version in force; all files of a target change with it at once. */
export const CURRENT = '..data'
/** Metadata file inside a version. */
export const META = '..meta.json'
/** Names under which links are prepared, to be renamed. */
export const NEXT_CURRENT = '..data_tmp'
export const NEXT_LINK = '..link_tmp'

/** Above what a Secret can hold (1 MiB), below what would hurt. */
const MAX_FILE_BYTES = 2 * 1024 * 1024

/** Version folders: time, process that made it, chance. */
const VERSION = /^\.\.\d{4}(?:_\d\d){5}\.(\d{1,10})-[0-9a-f]{8}$/

/** What reading a key says when somebody put a link, a folder, a pipe or something huge in its place. */
const NO_KEY: ReadonlySet<string> = new Set(['ENOENT', 'ELOOP', 'EISDIR', 'EINVAL', 'ENXIO', 'EFBIG'])

/** What lies in a target's folder. */
export interface TargetFolder {
  readonly path: string
  /** Name of the version in force; undefined when there is none. */
  readonly version: string | undefined
  /** Of that version; undefined when it is none that we wrote. */
  readonly meta: Meta | undefined
  /** Files of that version, which are its keys. */
  readonly keys: readonly string[]
  /** Visible names that lead to the version in force, or would if it held them. */
  readonly links: ReadonlySet<string>
  /** Visible names that are none of ours. */
  readonly foreign: ReadonlySet<string>
  /** Version folders that are not in force, and links that were prepared. */
  readonly leftovers: readonly string[]
}

/** A name for a new version. */
export function versionName(now: Date, pid: number, random: string): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_')
  return `..${time}.${pid}-${random}`
}

/** Path of a version folder's maker, or undefined when `name` names no version. */
export function versionMaker(name: string): number | undefined {
  const pid = VERSION.exec(name)?.[1]
  return pid === undefined ? undefined : Number(pid)
}

/** Where a key's visible link points to. */
export function linkTarget(key: string): string {
  return `${CURRENT}/${key}`
}

/**
 * Reads a target's folder; undefined when there is none. Links are looked at, never followed.
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
      if (versionMaker(name) !== undefined || name === NEXT_CURRENT || name === NEXT_LINK) leftovers.push(name)
    } else if (await isOurLink(path, name, disk)) links.add(name)
    else foreign.add(name)
  }
  if (version === undefined) return { path, version, meta: undefined, keys: [], links, foreign, leftovers }
  const files = await disk.list(join(path, version))
  const keys = files.filter((name) => !name.startsWith('..'))
  const meta = files.includes(META) ? await readMeta(join(path, version, META), disk) : undefined
  return { path, version, meta, keys, links, foreign, leftovers }
}

/** What the keys of the version in force hold, one after the other; without those that are no readable files any more. */
export async function* readKeys(folder: TargetFolder, disk: Disk): AsyncGenerator<readonly [string, Uint8Array]> {
  for (const key of folder.keys) {
    const bytes = await readKey(join(folder.path, folder.version ?? '', key), disk)
    if (bytes) yield [key, bytes]
  }
}

/** The same keys as whoever reads by name sees them: without those whose link is gone, and with a file put in its place. */
export async function* readVisibleKeys(
  folder: TargetFolder,
  disk: Disk,
): AsyncGenerator<readonly [string, Uint8Array]> {
  for (const key of folder.keys) {
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
  // A link that somebody planted leads elsewhere: no version of ours.
  if (versionMaker(version) === undefined) return undefined
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

/** False when there is nothing. */
async function isDirectory(path: string, disk: Disk): Promise<boolean> {
  const kind = await disk.kindOf(path)
  if (kind === undefined || kind === 'directory') return kind === 'directory'
  throw Object.assign(new Error('no directory'), { code: kind === 'link' ? 'ELOOP' : 'ENOTDIR', path })
}
