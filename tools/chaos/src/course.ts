import { setTimeout as pause } from 'node:timers/promises'
import type { Rule, Violation } from './invariants/judge.ts'

/** What all parts of a run go by. */
export interface Course {
  /** Aborts at the first broken rule. */
  readonly signal: AbortSignal
  /** Told what happens, a line each. */
  readonly tell: (line: string) => void
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
const TELL_MS = 10_000
const MAX_TOLD = 5

/** Asks until nothing is wrong any more; what is still wrong after the bound is a broken rule. */
export async function untilNothing(
  wrong: () => Promise<readonly string[]>,
  { rule, object, boundMs }: Goal,
  { signal, tell, onViolation }: Course,
): Promise<void> {
  const startMs = performance.now()
  let toldMs = startMs
  while (!signal.aborted) {
    const left = await wrong()
    if (left.length === 0) return
    const nowMs = performance.now()
    if (nowMs > startMs + boundMs) {
      const expected = `as it should be within ${boundMs / 1_000} s`
      return onViolation({ rule, object, expected, seen: left.join('; ') })
    }
    if (nowMs > toldMs + TELL_MS) {
      toldMs = nowMs
      tell(`  still to come: ${left.slice(0, MAX_TOLD).join('; ')}${left.length > MAX_TOLD ? '; …' : ''}`)
    }
    await pause(POLL_MS)
  }
}
