import { join } from 'node:path'
import { type Disk, errnoOf } from './disk.ts'
import { CURRENT, linkTarget, META, NEXT_CURRENT, NEXT_LINK, type TargetFolder, versionMaker } from './target-folder.ts'

/** A version to put in force. */
export interface NewVersion {
  readonly name: string
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly meta: string
}

/** What the steps need besides the folder. */
export interface WriteContext {
  readonly disk: Disk
  /** Throws when the work is to stop; not asked any more once the change is in force. */
  readonly guard: () => void
  /** Told what could not be cleaned up after the change was in force. The next write tries again. */
  readonly onCleanupFailed: (error: unknown) => void
}

/**
 * Puts a version in force as the kubelet does for volumes: the new folder is complete and on the disk before one rename
 * makes it the current one. New names appear before that as links to nothing and old ones stay after it as links to nothing,
 * so whoever reads by name sees the old version or the new one, also when we die in between.
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
    // Plaintext that never came into force goes now, as far as that can be done.
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

/** Takes away what we wrote, and the folder if nothing else is in it. Gone for readers after the first step. */
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

/** What a process that is no more has left, and what we have left ourselves. */
async function removeLeftovers(folder: TargetFolder, disk: Disk): Promise<void> {
  for (const name of folder.leftovers) {
    const maker = versionMaker(name)
    if (maker === undefined || maker === process.pid || !disk.isAlive(maker)) {
      await removeTree(join(folder.path, name), disk)
    }
  }
}

/** A foreign file of that name is replaced in one step. */
async function replaceByLink(path: string, key: string, disk: Disk): Promise<void> {
  await disk.makeLink(join(path, NEXT_LINK), linkTarget(key))
  await disk.rename(join(path, NEXT_LINK), join(path, key))
}

/** Links are removed, not followed. */
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
    // Gone already is as good.
    if (errnoOf(error) !== 'ENOENT') context.onCleanupFailed(error)
  }
}
