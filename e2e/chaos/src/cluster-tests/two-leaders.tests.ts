import { describe, expect, it } from 'vitest'
import { holdNextWrite } from '../faults/replica-faults.ts'
import type { ChaosTests } from './use-chaos-environment.ts'

/** A leader that is paused for longer than its lease, with two replicas. */
export function twoLeaders(tests: ChaosTests): void {
  describe('a paused replica that still acts as leader', () => {
    const { leader, successor, versions, nothingRewritten, followsChanges } = tests

    it('exits after a pause beyond its lease, without a write', async () => {
      const first = await leader()
      first.program.kill('SIGSTOP')
      await successor(first)
      await followsChanges()
      const before = versions()
      first.program.kill('SIGCONT')
      expect(await first.program.exited).toBe(1)
      expect(first.program.lines.join('\n')).toContain('leader election lost')
      await nothingRewritten(before)
    })

    it('fails the write that it started before the pause: the newer value stays', async () => {
      const { proxies, replicas, driver } = tests.environment
      const held = holdNextWrite(proxies.api, replicas)
      await driver.do({ kind: 'rotate', secret: 's2' })
      const first = await held.begun
      await successor(first)
      await followsChanges('s2')
      const before = versions()
      held.release()
      expect(await first.program.exited).toBe(1)
      expect(await held.answered).toBe(409)
      await nothingRewritten(before)
    })
  })
}
