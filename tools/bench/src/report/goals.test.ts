import { expect, it } from 'vitest'
import type { BenchResult } from './bench-result.ts'
import { exampleResult } from './example-result.ts'
import { flatness, goalsOf } from './goals.ts'

const good = exampleResult()
const missed = (result: BenchResult): string[] => goalsOf(result).flatMap(({ what, met }) => (met ? [] : [what]))

it('passes good figures', () => {
  expect(missed(good)).toEqual([])
})

it.each<[string, BenchResult]>([
  ['first sync ÷ loader', { ...good, firstSync: { ...good.firstSync, ratio: 1.21 } }],
  ['writes a resource besides its event', { ...good, firstSync: { ...good.firstSync, writesPerResource: 2.01 } }],
  ['API requests in a quiet interval', { ...good, quiet: { ...good.quiet, requests: { 'get secrets': 1 } } }],
  ['peak RSS', { ...good, memory: { ...good.memory, peakRssMiB: 151 } }],
  ['change to Secret, p99', { ...good, change: { ...good.change, delayMs: { p50: 1, p99: 61_001, max: 70_000 } } }],
  ['Secret writes for a change', { ...good, change: { ...good.change, requests: { 'patch secrets': 1_001 } } }],
])('detects that %s is missed', (what, result) => {
  expect(missed(result)).toEqual([what])
})

it('compares the cost per resource of the smallest and the largest run', () => {
  expect(flatness([good])).toEqual([])
  expect(flatness([exampleResult(10_000), good]).every(({ met }) => met)).toBe(true)
  const dear = { ...exampleResult(10_000), quiet: { ...exampleResult(10_000).quiet, cpuSeconds: 15 } }
  expect(flatness([good, dear]).filter(({ met }) => !met)).toMatchObject([
    { what: 'quiet interval, CPU a secret, 1000 → 10000', measured: '1.00 → 1.50 ms' },
  ])
})
