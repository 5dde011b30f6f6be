import { setTimeout as pause } from 'node:timers/promises'
import type { Rule, Violation } from '../invariants/invariant-checker.ts'

/** What all parts of a run go by. */
export interface RunContext {
  /** Aborts at the first broken rule. */
  readonly signal: AbortSignal
  /** Told what happens, a line each. */
  readonly log: (line: string) => void
  readonly onViolation: (violation: Violation) => void
}

/** What has to come true, and when at the latest. */
export interface Goal {
  readonly rule: Rule
  readonly object: string
  readonly boundMs: number
}

const POLL_MS = 250
/** Between two lines about what is still to come, and how much of it they tell. */
const LOG_INTERVAL_MS = 10_000
const MAX_LOGGED = 5

/** Asks until nothing is wrong any more; what is still wrong after the bound is a broken rule. */
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
      const expected = `as it should be within ${boundMs / 1_000} s`
      return onViolation({ rule, object, expected, seen: left.join('; ') })
    }
    if (nowMs > loggedMs + LOG_INTERVAL_MS) {
      loggedMs = nowMs
      log(`  still to come: ${left.slice(0, MAX_LOGGED).join('; ')}${left.length > MAX_LOGGED ? '; …' : ''}`)
    }
    await pause(POLL_MS)
  }
}
