import { expect, it } from 'vitest'
import { renderSoak } from './report.ts'
import type { SoakStats } from './soak-stats.ts'
import { growthChecksOf } from './growth-checks.ts'

const start: SoakStats = {
  heapMiB: 50,
  externalMiB: 5,
  rssMiB: 150,
  peakRssMiB: 160,
  openFiles: 80,
  sockets: 30,
  timers: 40,
  delayP50Ms: 0.2,
  delayP99Ms: 10,
  kmsCallsPerSecond: 66.7,
  sources: 2_000,
  resources: 2_010,
  queueDepth: 0,
}
const courseTo = (change: Partial<SoakStats>) => ({ start, during: start, end: { ...start, ...change } })

it.each([
  ['no change', {}, []],
  ['less', { heapMiB: 30, openFiles: 70, timers: 10 }, []],
  ['a heap within 10 % plus 10 MiB', { heapMiB: 65 }, []],
  ['a heap beyond that', { heapMiB: 65.1 }, ['heap after collection']],
  ['buffers beyond that', { externalMiB: 15.6 }, ['memory outside the heap']],
  ['memory that is not returned to the kernel', { rssMiB: 227 }, []],
  ['RSS beyond the limit', { rssMiB: 228 }, ['RSS']],
  ['up to fifteen files, because a thread has some', { openFiles: 95 }, []],
  ['five additional sockets', { sockets: 35 }, []],
  ['sockets and files beyond the limit', { openFiles: 96, sockets: 36 }, ['open files', 'sockets']],
  ['timers within 5 % plus 5', { timers: 47 }, []],
  ['timers beyond that', { timers: 48 }, ['timers']],
  ['one additional source', { sources: 2_001 }, ['sources']],
  ['doubled reads', { kmsCallsPerSecond: 133 }, ['KMS calls a second']],
  ['a slow event loop', { delayP50Ms: 6, delayP99Ms: 80 }, ['event-loop delay p50', 'event-loop delay p99']],
  ['a missing value', { heapMiB: Number.NaN }, ['heap after collection']],
])('%s: growth of %j is %j', (_rule, change, expected) => {
  const grown = growthChecksOf(courseTo(change)).filter(({ isGrowth }) => isGrowth)
  expect(grown.map(({ what }) => what)).toEqual(expected)
})

it('renders a table that ends with all growth', () => {
  const measurements = courseTo({ timers: 48 })
  const lines = renderSoak({ ...measurements, checks: growthChecksOf(measurements) }).split('\n')
  expect(lines.find((line) => line.startsWith('timers '))).toMatch(/40 +40 +48 +≤ 47 +GROWTH$/)
  expect(lines.find((line) => line.startsWith('heap '))).toMatch(/50\.0 MiB +50\.0 MiB +≤ 65\.0 MiB +held$/)
  expect(lines.at(-1)).toBe('GROWTH: timers')
})

it.each([
  ['within the limit', 1_000, []],
  ['too long', 1_001, ['longest turn of the event loop']],
])('a turn of the event loop that is %s', (_what, longestTurnMs, expected) => {
  const grown = growthChecksOf({ ...courseTo({}), longestTurnMs }).filter(({ isGrowth }) => isGrowth)
  expect(grown.map(({ what }) => what)).toEqual(expected)
})
