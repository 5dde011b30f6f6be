import { classifyConnection } from './circuit-breaker.ts'
import type { Source } from './source.ts'

/** Whether a connection gets answers, a refusal being one. Times are wall-clock milliseconds. */
export type Reachability =
  /** Nothing has been read through it yet. */
  | { readonly state: 'unknown' }
  | { readonly state: 'reachable' }
  | {
      readonly state: 'unreachable'
      /** Absent where the connection names none. */
      readonly endpoint?: string
      /** When the first failure of this outage was. */
      readonly sinceMs: number
      /** Absent where this process has had none. */
      readonly lastAnswerMs?: number
    }

/** A pause of its own runs because its connection has not answered. A wait that the other side has asked for stays. */
export function isUnreachable({ error, backingOff }: Source): boolean {
  if (!backingOff || error === undefined || error.facts.retryAfterMs !== undefined) return false
  return classifyConnection(error) === 'unreachable'
}
