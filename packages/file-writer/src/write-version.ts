import { join } from 'node:path'
import { type Disk, errnoOf } from './disk.ts'
import {
  CURRENT,
  linkTarget,
  META,
  NEXT_CURRENT,
  NEXT_LINK,
  type TargetFolder,
  versionCreator,
} from './target-folder.ts'

export interface NewVersion {
  readonly name: string
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly meta: string
}

export interface WriteContext {
  readonly disk: Disk
  /** Throws when the write must stop; not called after the new version is current. */
  readonly guard: () => void
  /** Called when the cleanup after a write fails. The next write retries. */
  readonly onCleanupFailed: (error: unknown) => void
}

/**
 * Activates a version like the kubelet does for volumes: the new folder is complete and flushed before one rename makes it
 * current. Links of new keys dangle before the rename, links of old keys after it. So readers see either the old or the new
 * version, even if the process dies in between.
 */
export async function writeVersion(folder: TargetFolder, version: NewVersion, context: WriteContext): Promise<void> {
  const { path } = folder
  const { disk, guard } = context
  await cleanUp(context, () => removeLeftovers(folder, disk))
  const versionPath = join(path, version.name)
  try {
    await disk.makeDirectory(versionPath)
    for (const [key, bytes] of version.files) {
      guard()
      await disk.writeFile(join(versionPath, key), bytes)
    }
    await disk.writeFile(join(versionPath, META), Buffer.from(version.meta))
    await disk.syncDirectory(versionPath)
    for (const key of version.files.keys()) {
      if (!folder.links.has(key) && !folder.foreign.has(key)) await disk.makeLink(join(path, key), linkTarget(key))
    }
    await disk.makeLink(join(path, NEXT_CURRENT), version.name)
    await disk.syncDirectory(path)
    guard()
    await disk.rename(join(path, NEXT_CURRENT), join(path, CURRENT))
  } catch (error) {
    // Removes the plaintext of the version that was not activated.
    await cleanUp(context, () => removeTree(versionPath, disk))
    throw error
  }
  for (const key of version.files.keys()) if (folder.foreign.has(key)) await replaceByLink(path, key, disk)
  await disk.syncDirectory(path)
  await cleanUp(context, async () => {
    for (const link of folder.links) if (!version.files.has(link)) await disk.removeFile(join(path, link))
    if (folder.version !== undefined) await removeTree(join(path, folder.version), disk)
  })
}

/** Removes the files of this writer, and the folder if it is empty then. The first step hides all keys from readers. */
export async function removeTarget(folder: TargetFolder, context: WriteContext): Promise<void> {
  const { path, version } = folder
  const { disk, guard } = context
  guard()
  if (version !== undefined) {
    await disk.removeFile(join(path, CURRENT))
    await disk.syncDirectory(path)
  }
  await cleanUp(context, async () => {
    if (version !== undefined) await removeTree(join(path, version), disk)
    for (const link of folder.links) await disk.removeFile(join(path, link))
    await removeLeftovers(folder, disk)
    if ((await disk.list(path)).length === 0) await disk.removeDirectory(path)
  })
}

/** Removes leftovers of this process and of processes that no longer run. */
async function removeLeftovers(folder: TargetFolder, disk: Disk): Promise<void> {
  for (const name of folder.leftovers) {
    const creator = versionCreator(name)
    if (creator === undefined || creator === process.pid || !disk.isAlive(creator)) {
      await removeTree(join(folder.path, name), disk)
    }
  }
}

/** Replaces a foreign file by the key's link in one step. */
async function replaceByLink(path: string, key: string, disk: Disk): Promise<void> {
  const next = join(path, NEXT_LINK)
  await disk.makeLink(next, linkTarget(key))
  try {
    await disk.rename(next, join(path, key))
  } catch (error) {
    await disk.removeFile(next).catch(() => undefined)
    throw error
  }
}

/** Removes links without following them. */
async function removeTree(path: string, disk: Disk): Promise<void> {
  const kind = await disk.kindOf(path)
  if (kind === undefined) return
  if (kind !== 'directory') return disk.removeFile(path)
  for (const name of await disk.list(path)) await removeTree(join(path, name), disk)
  await disk.removeDirectory(path)
}

async function cleanUp(context: WriteContext, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    // A missing path needs no cleanup.
    if (errnoOf(error) !== 'ENOENT') context.onCleanupFailed(error)
  }
}
