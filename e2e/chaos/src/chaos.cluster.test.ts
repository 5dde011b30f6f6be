import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { renderViolation } from './run/report.ts'
import { runChaos } from './run/run-chaos.ts'
import { SHORT_PROFILE } from './short-profile.ts'

describeCluster('chaos', () => {
  it.each(SHORT_PROFILE.seeds)(
    'breaks no rule with seed %i',
    async (seed) => {
      const result = await runChaos({ seed, durationMs: SHORT_PROFILE.durationMs, log: () => undefined })
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
