import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { renderViolation } from './run/report.ts'
import { runChaos } from './run/run-chaos.ts'

const DURATION_MS = 20_000

describeCluster('chaos', () => {
  // Seed 3 kills the leader at a call. Seed 22 pauses it during a write, which arrives when another replica leads.
  it.each([3, 22])(
    'breaks no rule with seed %i',
    async (seed) => {
      const result = await runChaos({ seed, durationMs: DURATION_MS, log: () => undefined })
      const broken = result.violations.map((violation) => renderViolation(violation, result))
      expect(broken).toEqual([])
      expect(result.faulted).toBeGreaterThan(0)
      expect(result.steps).toBeGreaterThan(20)
      // Both fields exist only if the run compared something.
      expect(result.convergedMs).toBeGreaterThan(0)
      expect(result.figures?.after.openFiles).toBeGreaterThan(0)
    },
    600_000,
  )
})
