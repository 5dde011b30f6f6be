import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'

const DAY_MS = 86_400_000
/** An entry is read on the UTC day in its name, so that after two days no process copies it. */
const KEPT_MS = 2 * DAY_MS

/** Name of the cache entry for an image of these sources, which changes every day because base images and packages do. */
export function entryName(contextHash: string, nowMs: number): string {
  return `built-image-${contextHash}-${new Date(nowMs).toISOString().slice(0, 10)}`
}

/** Deletes images that no process reads any more. */
export async function dropOldImages(cache: string, nowMs: number): Promise<void> {
  for (const name of await readdir(cache)) {
    // Entries of older versions have no date. A name with a dot is a lock or a build that runs.
    if (!/^built-image-[0-9a-f-]+$/.test(name)) continue
    const entry = path.join(cache, name)
    const entryStats = await stat(entry).catch(() => undefined)
    if (entryStats && nowMs - entryStats.mtimeMs > KEPT_MS) await rm(entry, { recursive: true, force: true })
  }
}
