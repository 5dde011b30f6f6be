import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { takeLock } from './file-lock.ts'
import { createProgress, type Progress } from './progress.ts'
import type { Versions } from './versions.ts'

const DAY_MS = 86_400_000

type Environment = Readonly<Record<string, string | undefined>>

/** The directory outside the checkout for slow downloads and builds. */
export function cacheRoot(env: Environment, home: string): string {
  if (env.ACKSM_CACHE_DIR) return path.resolve(env.ACKSM_CACHE_DIR)
  return path.join(env.XDG_CACHE_HOME || path.join(home, '.cache'), 'ack-secret-manager')
}

/** Inputs that determine the content of a built binary. */
export interface BuildInput {
  readonly versions: Versions
  /** All sources and compiler settings: text by file name. */
  readonly sources: Readonly<Record<string, string>>
  readonly platform: string
  readonly arch: string
}

/** Name of the cache entry for a build: readable versions, and a hash that changes with any of the sources. */
export function cacheKey({ versions, sources, platform, arch }: BuildInput): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(sources).sort()) hash.update(`${name}\0${sources[name]}\0`)
  const digest = hash.digest('hex').slice(0, 12)
  return `control-plane-k8s-${versions.kubernetes}-etcd-${versions.etcd}-${digest}-${platform}-${arch}`
}

/** Creates a cache entry: one process works in a temporary directory and renames the result. */
export async function fill(
  entry: string,
  { progress, signal }: { readonly progress: Pick<Progress, 'stage'>; readonly signal: AbortSignal },
  work: (directory: string) => Promise<void>,
): Promise<void> {
  const release = await takeLock(`${entry}.lock`, {
    onWait: (holder) => progress.stage(`waiting for ${holder}, which builds or downloads the same programs`),
    isDone: () => existsSync(entry),
    signal,
  })
  if (release === undefined) return
  await removeLeftovers(path.dirname(entry))
  const scratch = await mkdtemp(`${entry}.partial-`)
  try {
    if (existsSync(entry)) return
    await work(scratch)
    await mkdir(path.dirname(entry), { recursive: true })
    await rename(scratch, entry).catch((error: unknown) => {
      // Another process was first; its entry is equivalent.
      if (!existsSync(entry)) throw error
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
    await release()
  }
}

/** Removes what killed processes were working on. No download or build takes a day. */
async function removeLeftovers(root: string): Promise<void> {
  const partial = (await readdir(root))
    .filter((name) => name.includes('.partial-'))
    .map((name) => path.join(root, name))
  for (const directory of partial) {
    // Another process may remove it at the same time.
    const found = await stat(directory).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > DAY_MS) await rm(directory, { recursive: true, force: true })
  }
}

/**
 * A directory of the cache, created by `work` on the first call on a machine.
 * @param what name in progress lines
 * @returns its path
 */
export async function cachedDirectory(
  what: string,
  entry: string,
  work: (directory: string, progress: Progress) => Promise<void>,
): Promise<string> {
  const directory = path.join(cacheRoot(process.env, homedir()), entry)
  if (existsSync(directory)) return directory
  const progress = createProgress({ stream: process.stderr, name: what })
  try {
    await fill(directory, { progress, signal: new AbortController().signal }, (scratch) => work(scratch, progress))
  } finally {
    progress.close()
  }
  return directory
}
