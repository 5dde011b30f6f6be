import dns from 'node:dns'
import type { LookupFunction } from 'node:net'

type Callback = Parameters<LookupFunction>[2]

/** Connections that wait for the same name. */
const waiting = new Map<string, Callback[]>()

/**
 * Looks up a name once for all connections that wait for it. Node looks up a few names at a time and cannot cancel that, so a name whose server
 * does not respond would delay the names of all others for many times ten seconds.
 */
export const sharedLookup: LookupFunction = (hostname, options, callback) => {
  const key = JSON.stringify([hostname, options])
  const others = waiting.get(key)
  if (others !== undefined) {
    others.push(callback)
    return
  }
  const callbacks = [callback]
  waiting.set(key, callbacks)
  dns.lookup(hostname, options, (...result: Parameters<Callback>) => {
    waiting.delete(key)
    for (const each of callbacks) each(...result)
  })
}
