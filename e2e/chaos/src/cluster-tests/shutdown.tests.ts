import type { OperatorProcess } from '@ack-secret-manager/testenv'
import { describe, expect, it } from 'vitest'
import type { ChaosTests } from './use-chaos-environment.ts'

/** SIGTERM, with two replicas. */
export function shutdown(tests: ChaosTests): void {
  describe('two replicas, one of which stops', () => {
    const { leader, successor, versions, nothingRewritten, followsChanges, converged } = tests
    /** The leader and a standby. */
    const both = async (): Promise<readonly [OperatorProcess, OperatorProcess]> => {
      const { replicas } = tests.environment
      await replicas.fill()
      const first = await leader()
      const second = replicas.running.find((replica) => replica !== first)
      if (!second) throw new Error('there is only one replica')
      await second.standingBy()
      return [first, second]
    }

    it('write changes that happened without a leader', async () => {
      const { replicas, driver } = tests.environment
      const [first, second] = await both()
      second.program.kill('SIGSTOP')
      expect(await replicas.end(first)).toBe(0)
      await driver.do({ kind: 'rotate', secret: 's3' })
      second.program.kill('SIGCONT')
      expect(await successor(first)).toBe(second)
      await converged()
    })

    it('keep their leader when a standby gets SIGTERM: exit code 0, nothing rewritten', async () => {
      const { replicas } = tests.environment
      const [first, second] = await both()
      const before = versions()
      expect(await replicas.end(second)).toBe(0)
      await nothingRewritten(before)
      await followsChanges()
      expect(replicas.leader()).toBe(first)
    })

    it('exit on SIGTERM within the grace period while the API server does not respond', async () => {
      const { replicas, proxies } = tests.environment
      const [first] = await both()
      const before = versions()
      proxies.api.hook = { before: () => true }
      const code = await replicas.end(first)
      proxies.api.hook = undefined
      // Exit code 1 means that the lease was lost meanwhile.
      expect([0, 1]).toContain(code)
      await successor(first)
      await nothingRewritten(before)
      await followsChanges()
    })
  })
}
