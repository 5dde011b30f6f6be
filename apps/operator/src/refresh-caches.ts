import type { RefreshOptions } from '@ack-secret-manager/k8s-client'
import type { Logger } from 'pino'

/** Caches by their name in logs; undefined for one that does not run. */
export type Caches = Readonly<
  Record<string, { readonly refresh: (options: RefreshOptions) => Promise<unknown> } | undefined>
>

/** Younger caches are not listed again: a process that starts has just done so. */
const CACHE_AGE_MS = 10_000
/** A new leader that works with what its watches have delivered is better than none. */
const DEADLINE_MS = 30_000

/** Brings the caches up to date, as far as the deadline allows. Never rejects. */
export async function refreshCaches(
  caches: Caches,
  log: Pick<Logger, 'warn'>,
  signal: AbortSignal,
  deadlineMs: number = DEADLINE_MS,
): Promise<void> {
  const options = { maxAgeMs: CACHE_AGE_MS, signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]) }
  const unfinished = await Promise.all(
    Object.entries(caches).map(async ([name, cache]) => {
      try {
        await cache?.refresh(options)
        return []
      } catch {
        // Only the signal ends a refresh; the watches report why their lists fail.
        return [name]
      }
    }),
  )
  const lists = unfinished.flat()
  if (lists.length === 0 || signal.aborted) return
  const seconds = deadlineMs / 1_000
  log.warn(
    { lists },
    `Lists of the new leader have not finished in ${seconds} s: continuing with what its watches delivered`,
  )
}
