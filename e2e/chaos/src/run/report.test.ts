import { expect, it } from 'vitest'
import { renderResults, renderViolation } from './report.ts'
import type { ChaosResult, ReportedViolation } from './run-chaos.ts'

const VIOLATION: ReportedViolation = {
  rule: 'no mix of versions',
  object: 'chaos-a/picks',
  expected: 'all keys of s0 of one version',
  seen: 'username of version 2, password of version 3',
  atMs: 12_345,
  recent: ['   11.000 s  kms       garbage, for 2.000 s'],
}
const RESULT: ChaosResult = {
  seed: 7,
  durationMs: 30_000,
  oneReplica: false,
  shards: 1,
  faults: 20,
  actions: 50,
  faulted: 90,
  steps: 120,
  replicasStarted: 4,
  convergedMs: 1_234,
  longestTurnMs: 85,
  figures: {
    before: { rssMiB: 200, openFiles: 40, timers: 10, handles: 30 },
    after: { rssMiB: 210, openFiles: 41, timers: 11, handles: 31 },
  },
  violations: [VIOLATION],
}

it('reports a broken rule with everything needed to reproduce it', () => {
  expect(renderViolation(VIOLATION, RESULT)).toBe(
    `BROKEN: no mix of versions
  seed      7, 12.345 s into the run
  object    chaos-a/picks
  expected  all keys of s0 of one version
  seen      username of version 2, password of version 3
  recent lines, newest first:
    11.000 s  kms       garbage, for 2.000 s
  reproduce npm run chaos -- --seed 7 --minutes 0.5`,
  )
})

it('includes --one-replica in the command', () => {
  expect(renderViolation(VIOLATION, { ...RESULT, oneReplica: true })).toContain(
    'npm run chaos -- --seed 7 --minutes 0.5 --one-replica',
  )
})

it('has a row for each run', () => {
  const [, row = '', stopped = ''] = renderResults([
    RESULT,
    { ...RESULT, convergedMs: undefined, figures: undefined },
  ]).split('\n')
  expect(row.split(/ {2,}/)).toEqual([
    '7',
    '20',
    '50',
    '90',
    '120',
    '4',
    '1.2 s',
    '85 ms',
    '200 MiB, 40, 10 → 210 MiB, 41, 11',
    '1',
  ])
  expect(stopped.split(/ {2,}/)).toEqual(['7', '20', '50', '90', '120', '4', '-', '85 ms', '-', '1'])
})
