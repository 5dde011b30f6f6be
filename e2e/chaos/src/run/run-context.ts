import { setTimeout as pause } from 'node:timers/promises'
import type { Rule, Violation } from '../invariants/invariant-checker.ts'

/** What all parts of a run share. */
export interface RunContext {
  /** Aborts at the first broken rule. */
  readonly signal: AbortSignal
  /** Prints one line of progress. */
  readonly log: (line: string) => void
  readonly onViolation: (violation: Violation) => void
}

/** A rule that must hold for an object within a time limit. */
export interface Goal {
  readonly rule: Rule
  readonly object: string
  readonly boundMs: number
}

const POLL_MS = 250
/** Interval of progress lines about open problems, and the number of problems that each lists. */
const LOG_INTERVAL_MS = 10_000
const MAX_LOGGED = 5

/** Polls until no problem is left. Problems that remain after the bound break the rule. */
export async function untilResolved(
  wrong: () => Promise<readonly string[]>,
  { rule, object, boundMs }: Goal,
  { signal, log, onViolation }: RunContext,
): Promise<void> {
  const startMs = performance.now()
  let loggedMs = startMs
  while (!signal.aborted) {
    const left = await wrong()
    if (left.length === 0) return
    const nowMs = performance.now()
    if (nowMs > startMs + boundMs) {
      const expected = `no problem left after ${boundMs / 1_000} s`
      return onViolation({ rule, object, expected, seen: left.join('; ') })
    }
    if (nowMs > loggedMs + LOG_INTERVAL_MS) {
      loggedMs = nowMs
      log(`  still open: ${left.slice(0, MAX_LOGGED).join('; ')}${left.length > MAX_LOGGED ? '; …' : ''}`)
    }
    await pause(POLL_MS)
  }
}
