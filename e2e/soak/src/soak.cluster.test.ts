import { createProgress } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { runSoak, type SoakResult, type SoakRun } from './run-soak.ts'

/** Longer than both waits for the idle state, so that a failure is reported before the timeout. */
const TIMEOUT_MS = 1_500_000
const progress = createProgress({ stream: { write: () => undefined } })
const run: SoakRun = {
  resources: 100,
  durationMs: 12_000,
  seed: 1,
  perSecond: 20,
  intervalMs: 3_000,
  latencyMs: 5,
  // Unused connections are kept for up to a minute, and a rest takes three seconds.
  attempts: 15,
  progress,
}
/** On a busy machine these figures say nothing about the operator. */
const OF_TIME = new Set(['event-loop delay p50', 'event-loop delay p99', 'KMS calls a second'])

const grownIn = ({ checks }: SoakResult): string[] =>
  checks
    .filter(({ what, isGrowth }) => isGrowth && !OF_TIME.has(what))
    .map(({ what, start, end, bound }) => `${what}: ${start} → ${end}, more than ${bound}`)

describeCluster('soak', () => {
  it(
    'releases all resources after the churn',
    async () => {
      expect(grownIn(await runSoak(run))).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'detects growth of heap, files and timers',
    async () => {
      const leak = new URL('./testing/leak.ts', import.meta.url).href
      const short = { ...run, resources: 40, durationMs: 6_000, intervalMs: 2_000, attempts: 1 }
      const grown = await runSoak({ ...short, nodeArgs: [`--import=${leak}`] }).then(grownIn)
      for (const figure of ['heap after collection', 'open files', 'timers']) {
        expect(grown).toContainEqual(expect.stringContaining(`${figure}: `))
      }
    },
    TIMEOUT_MS,
  )
})
