import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { renderViolation } from './run/report.ts'
import { runChaos } from './run/run-chaos.ts'

const DURATION_MS = 20_000

describeCluster('chaos', () => {
  // One kills the leader at a call, the other stops it in the middle of a write, which arrives when another one leads.
  it.each([3, 22])(
    'of seed %i breaks no rule',
    async (seed) => {
      const result = await runChaos({ seed, durationMs: DURATION_MS, log: () => undefined })
      const broken = result.violations.map((violation) => renderViolation(violation, result))
      expect(broken).toEqual([])
      expect(result.faulted).toBeGreaterThan(0)
      expect(result.steps).toBeGreaterThan(20)
      // Both are left out where there is nothing to compare: what they are of was looked at.
      expect(result.convergedMs).toBeGreaterThan(0)
      expect(result.figures?.after.openFiles).toBeGreaterThan(0)
    },
    600_000,
  )
})
