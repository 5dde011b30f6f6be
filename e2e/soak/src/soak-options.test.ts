import { toolOptions, UsageError } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { SOAK } from './soak-options.ts'

it.each([
  [
    'nothing',
    [],
    { resources: 2_000, durationMs: 1_200_000, seed: 1, perSecond: 20, intervalMs: 30_000, latencyMs: 5 },
  ],
  ['a short run', ['--resources', '200', '--minutes', '0.5'], { resources: 200, durationMs: 30_000 }],
  [
    'other measurement options',
    ['--seed', '7', '--rate', '5', '--interval', '5s'],
    { seed: 7, perSecond: 5, intervalMs: 5_000 },
  ],
  ['snapshots', ['--snapshots', 'heap'], { snapshots: 'heap' }],
])('understands %s', (_what, argv, expected) => {
  expect(toolOptions(SOAK, argv)).toMatchObject(expected)
})

it('understands --help', () => {
  expect(toolOptions(SOAK, ['--help'])).toBeUndefined()
})

it.each([
  ['too few resources', ['--resources', '9'], '--resources 9: expected a whole number from 10 to 100000'],
  ['no duration', ['--minutes', '0'], '--minutes 0: expected a number from 0.2 to 1440'],
  ['a value that is not a number', ['--seed', 'x'], '--seed x'],
  ['an interval without a unit', ['--interval', '30'], '--interval 30: expected a duration of at least 1s'],
  ['an unknown flag', ['--minute', '1'], '--minute'],
])('refuses %s', (_what, argv, message) => {
  expect(() => toolOptions(SOAK, argv)).toThrow(UsageError)
  expect(() => toolOptions(SOAK, argv)).toThrow(message)
})
