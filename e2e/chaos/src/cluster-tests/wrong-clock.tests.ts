import { until } from '@ack-secret-manager/testenv'
import { describe, expect, it } from 'vitest'
import type { ChaosTests } from './use-chaos-environment.ts'
import { SYSTEM_NAMESPACE } from '../workload/resources.ts'

const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM_NAMESPACE}/leases/ack-secret-manager`
const HALF_AN_HOUR_MS = 1_800_000

/** A leader whose clock is set, with two replicas. */
export function wrongClock(tests: ChaosTests, leaseSeconds: number): void {
  describe('a leader with a wrong clock', () => {
    const { leader, versions, nothingRewritten, followsChanges } = tests

    it.each([
      ['ahead', 1],
      ['back', -1],
      ['ahead', 49],
      ['back', -49],
    ] as const)('keeps the lease while its clock is %s by %i hours, and rewrites nothing', async (_way, hours) => {
      const { plane, replicas } = tests.environment
      const renewedMs = async (): Promise<number> => {
        const { body } = await plane.request<{ spec: { renewTime: string } }>('GET', LEASE)
        return Date.parse(body.spec.renewTime)
      }
      const first = await leader()
      const before = versions()
      await replicas.setClock(first, hours)
      const jumpedMs = await until('the lease has the changed time', async () => {
        const at = await renewedMs()
        return Math.abs(at - Date.now()) > HALF_AN_HOUR_MS ? at : undefined
      })
      // The other replica measures the lease with its own clock.
      await until('the lease was renewed for longer than its duration', async () => {
        return (await renewedMs()) - jumpedMs > (leaseSeconds + 1) * 1_000
      })
      await replicas.setClock(first, 0)
      expect(await leader()).toBe(first)
      await nothingRewritten(before)
      await followsChanges()
      expect(await leader()).toBe(first)
    })
  })
}
