import type { CommandIo } from '@ack-secret-manager/command-line'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

const MAX_AGE_MS = 300_000

/** Which names are looked up. */
export interface CacheRequest {
  /** Region, endpoint and identity. */
  readonly scope: string
  /** Start of the names. */
  readonly typed: string
  readonly env: CommandIo['env']
  readonly nowMs: number
}

interface CacheEntry {
  readonly typed: string
  readonly atMs: number
  readonly names: readonly string[]
}

/** Names that start with what is typed and were listed in the last five minutes; undefined without them. */
export async function readNameCache(request: CacheRequest): Promise<readonly string[] | undefined> {
  const { typed, nowMs } = request
  let entry: CacheEntry
  try {
    entry = JSON.parse(await readFile(fileOf(request), 'utf8')) as CacheEntry
  } catch {
    // No cache yet, or not ours.
    return undefined
  }
  const ageMs = nowMs - entry.atMs
  const isUsable = typed.startsWith(entry.typed) && ageMs >= 0 && ageMs < MAX_AGE_MS
  return isUsable ? entry.names : undefined
}

/** Keeps complete names, for this user only. A cache that cannot be written is left out. */
export async function writeNameCache(request: CacheRequest, names: readonly string[]): Promise<void> {
  const { typed, nowMs } = request
  const file = fileOf(request)
  const temporary = `${file}.${randomUUID()}`
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    const entry: CacheEntry = { typed, atMs: nowMs, names }
    await writeFile(temporary, JSON.stringify(entry), { mode: 0o600 })
    await rename(temporary, file)
  } catch {
    // Without a cache the next word asks KMS again.
    await rm(temporary, { force: true }).catch(() => undefined)
  }
}

/** One file for each scope. */
function fileOf({ scope, env }: CacheRequest): string {
  const base = env['XDG_CACHE_HOME'] || path.join(env['HOME'] ?? env['USERPROFILE'] ?? '.', '.cache')
  const digest = createHash('sha256').update(scope).digest('hex').slice(0, 32)
  return path.join(base, 'acksm', `secret-names-${digest}.json`)
}
