import { toolOptions, UsageError } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { CHAOS } from './chaos-options.ts'

it.each([
  [
    'one seed',
    ['--seed', '7'],
    { seeds: [7], durationMs: 300_000, oneReplica: false, shards: 1, printSchedule: false },
  ],
  [
    'several seeds',
    ['--seeds', '1..3', '--minutes', '0.5'],
    { seeds: [1, 2, 3], durationMs: 30_000, oneReplica: false, shards: 1, printSchedule: false },
  ],
  [
    'one replica',
    ['--seed', '7', '--one-replica'],
    { seeds: [7], durationMs: 300_000, oneReplica: true, shards: 1, printSchedule: false },
  ],
  [
    'shards',
    ['--seed', '7', '--shards', '3'],
    { seeds: [7], durationMs: 300_000, oneReplica: false, shards: 3, printSchedule: false },
  ],
  [
    'a schedule',
    ['--seed', '0', '--print-schedule'],
    { seeds: [0], durationMs: 300_000, oneReplica: false, shards: 1, printSchedule: true },
  ],
  ['help', ['--help'], undefined],
])('understands %s', (_what, argv, expected) => {
  expect(toolOptions(CHAOS, argv)).toEqual(expected)
})

it.each([
  ['no seed', [], 'either --seed N or --seeds A..B'],
  ['both', ['--seed', '1', '--seeds', '1..2'], 'either --seed N or --seeds A..B'],
  ['a seed that is not a number', ['--seed', 'x'], 'whole numbers'],
  ['a descending range of seeds', ['--seeds', '3..1'], 'whole numbers'],
  ['too many seeds', ['--seeds', '1..1001'], '1000 at most'],
  ['zero minutes', ['--seed', '1', '--minutes', '0'], '--minutes 0: expected a number from 0.1 to 60'],
  ['shards of one replica', ['--seed', '1', '--one-replica', '--shards', '3'], '--one-replica'],
  ['an unknown flag', ['--sed', '1'], '--sed'],
])('refuses %s', (_what, argv, message) => {
  expect(() => toolOptions(CHAOS, argv)).toThrow(UsageError)
  expect(() => toolOptions(CHAOS, argv)).toThrow(message)
})
