import { classifyConnection } from './circuit-breaker.ts'
import type { Source } from '../source/source.ts'

/** Whether a connection gets responses, including refusals. Times are wall-clock milliseconds. */
export type Reachability =
  /** No read yet. */
  | { readonly state: 'unknown' }
  | { readonly state: 'reachable' }
  | {
      readonly state: 'unreachable'
      /** The endpoint, or the issuer of the credential, that does not respond. Absent if the connection names none. */
      readonly endpoint?: string
      /** Time of the first failure of this outage. */
      readonly sinceMs: number
      /** Absent if this process has had none. */
      readonly lastResponseMs?: number
    }

/** Whether the source backs off because its connection is unreachable. A `Retry-After` is kept. */
export function isUnreachable({ error, backingOff }: Source): boolean {
  if (!backingOff || error === undefined || error.facts.retryAfterMs !== undefined) return false
  return classifyConnection(error) === 'unreachable'
}
