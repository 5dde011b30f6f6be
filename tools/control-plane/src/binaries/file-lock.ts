import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ControlPlaneFailed } from '../control-plane-error.ts'

export interface FileLockOptions {
  /** Called once when another process holds the lock. */
  readonly onWait?: (holder: string) => void
  /** Called while waiting; `true` ends the wait, and `undefined` is returned. */
  readonly isDone?: () => boolean
  /** Maximum wait for the holder. @default 1_800_000 */
  readonly deadlineMs?: number
  /** A lock that its holder has not touched for this long is stale. @default 60_000 */
  readonly staleMs?: number
  /** Aborts the wait. @default never */
  readonly signal?: AbortSignal
  /** Pause between two checks of a held lock. @default 500 */
  readonly pollMs?: number
}

/** Releases the lock. */
export type Release = () => Promise<void>

/**
 * Acquires the lock file `file`, waiting for another holder; a stale lock of a dead process is taken over. The lock only avoids duplicate
 * work: two processes that take over the same stale lock both continue, which is safe because results enter the cache by an atomic rename.
 * @throws ControlPlaneFailed if the deadline passes
 */
export async function takeLock(file: string, options: FileLockOptions = {}): Promise<Release | undefined> {
  const { deadlineMs = 1_800_000, staleMs = 60_000, pollMs = 500 } = options
  const giveUpAt = performance.now() + deadlineMs
  await mkdir(path.dirname(file), { recursive: true })
  let isReported = false
  for (;;) {
    if (options.isDone?.()) return undefined
    const release = await tryLock(file, staleMs)
    if (release !== undefined) return release
    const holder = await holderOf(file, staleMs)
    if (holder === 'stale') {
      await rm(file, { force: true })
      continue
    }
    if (!isReported && holder !== undefined) options.onWait?.(holder)
    isReported = true
    if (performance.now() > giveUpAt) {
      throw new ControlPlaneFailed(
        `gave up waiting for ${file}, held by ${holder ?? 'an unknown process'}; remove it if that process no longer runs`,
      )
    }
    await pause(pollMs, undefined, options.signal ? { signal: options.signal } : {})
  }
}

async function tryLock(file: string, staleMs: number): Promise<Release | undefined> {
  try {
    const handle = await open(file, 'wx')
    await handle.writeFile(`${process.pid} ${hostname()}`)
    await handle.close()
  } catch (error) {
    if (isCode(error, 'EEXIST')) return undefined
    throw error
  }
  const beat = setInterval(() => {
    // A user may delete the cache with the file; then there is nothing to refresh.
    utimes(file, new Date(), new Date()).catch(() => clearInterval(beat))
  }, staleMs / 4)
  beat.unref()
  return async () => {
    clearInterval(beat)
    await rm(file, { force: true })
  }
}

async function holderOf(file: string, staleMs: number): Promise<string | undefined> {
  try {
    const { mtimeMs } = await stat(file)
    const text = await readFile(file, 'utf8')
    if (Date.now() - mtimeMs > staleMs) return 'stale'
    const [pid, host] = text.split(' ')
    return host === hostname() && !isAlive(Number(pid))
      ? 'stale'
      : `process ${pid || 'unknown'} on ${host ?? 'an unknown host'}`
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
