import { expect, it } from 'vitest'
import type { Violation } from '../invariants/invariant-checker.ts'
import { expectNoRestart, expectResponsiveEventLoop } from './convergence.ts'

it.each([
  ['is fine where it is the first one', 1, []],
  ['is told where it has ended by itself and was started again', 2, ['a replica ends as it should']],
])('a replica that is alone %s', (_what, started, rules) => {
  const told: Violation[] = []
  expectNoRestart({ replicas: { started } }, { onViolation: (violation) => void told.push(violation) })
  expect(told.map(({ rule }) => rule)).toEqual(rules)
})

it.each([
  ['as long as it may be', 2_000, []],
  ['too long', 2_001, ['the event loop stays free']],
])('a turn of the event loop that is %s', (_what, turnMs, rules) => {
  const found: Violation[] = []
  expectResponsiveEventLoop(
    { replicas: { longestTurnMs: () => turnMs } },
    { onViolation: (violation) => void found.push(violation) },
  )
  expect(found.map(({ rule }) => rule)).toEqual(rules)
})
