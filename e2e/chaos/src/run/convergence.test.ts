import { expect, it } from 'vitest'
import type { Violation } from '../invariants/invariant-checker.ts'
import { expectNoRestart, expectResponsiveEventLoop } from './convergence.ts'

it.each([
  ['is allowed to be the first one', 1, []],
  ['is reported if it exited and was restarted', 2, ['a replica exits cleanly']],
])('a single replica %s', (_what, started, rules) => {
  const reported: Violation[] = []
  expectNoRestart({ replicas: { started } }, { onViolation: (violation) => void reported.push(violation) })
  expect(reported.map(({ rule }) => rule)).toEqual(rules)
})

it.each([
  ['within the limit', 2_000, []],
  ['above the limit', 2_001, ['the event loop stays free']],
])('a turn of the event loop that is %s', (_what, turnMs, rules) => {
  const found: Violation[] = []
  expectResponsiveEventLoop(
    { replicas: { longestTurnMs: () => turnMs } },
    { onViolation: (violation) => void found.push(violation) },
  )
  expect(found.map(({ rule }) => rule)).toEqual(rules)
})
