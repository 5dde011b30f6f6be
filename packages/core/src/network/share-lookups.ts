import type { LookupFunction } from 'node:net'
import { remember } from '../collections/remember.ts'
import type { Clock } from '../time/clock.ts'

type Callback = Parameters<LookupFunction>[2]
type Result = Parameters<Callback>

/** Options of {@link shareLookups}. */
export interface ShareLookupsOptions {
  /** Looks up one name, such as `dns.lookup`. */
  readonly lookup: LookupFunction
  readonly clock: Pick<Clock, 'monotonic'>
}

/** A lookup that takes at least this long is slow. */
const SLOW_MS = 1_000

/** How long the addresses of a slow lookup are kept: longer than the pause before another attempt to connect. */
const KEPT_MS = 30_000

const MAX_KEPT = 256

/**
 * Looks up a name once for all connections that wait for it. Node looks up a few names at a time and cannot cancel that, so a name whose
 * server does not respond would delay the names of all others for many times ten seconds.
 *
 * The addresses of a slow lookup are kept for half a minute. A lookup that takes longer than the deadline of each attempt would otherwise
 * let no attempt connect.
 */
export function shareLookups({ lookup, clock }: ShareLookupsOptions): LookupFunction {
  const waiting = new Map<string, Callback[]>()
  const kept = new Map<string, { readonly result: Result; readonly untilMs: number }>()
  return (hostname, options, callback) => {
    const key = JSON.stringify([hostname, options])
    const known = kept.get(key)
    const startedMs = clock.monotonic()
    if (known !== undefined && startedMs < known.untilMs) {
      queueMicrotask(() => callback(...known.result))
      return
    }
    kept.delete(key)
    const others = waiting.get(key)
    if (others !== undefined) {
      others.push(callback)
      return
    }
    const callbacks = [callback]
    waiting.set(key, callbacks)
    lookup(hostname, options, (...result: Result) => {
      waiting.delete(key)
      const nowMs = clock.monotonic()
      if (result[0] === null && nowMs - startedMs >= SLOW_MS)
        remember(kept, key, { result, untilMs: nowMs + KEPT_MS }, MAX_KEPT)
      for (const each of callbacks) each(...result)
    })
  }
}
