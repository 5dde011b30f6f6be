import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { useChaosEnvironment } from './use-chaos-environment.ts'
import { SYSTEM_NAMESPACE } from '../workload/resources.ts'

const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM_NAMESPACE}/leases/ack-secret-manager`
/** Longer than a delayed renewal on a loaded machine, so that only the clock matters. */
const LEASE_S = 15
const HALF_AN_HOUR_MS = 1_800_000

describeCluster('a leader with a wrong clock', () => {
  const tests = useChaosEnvironment({ leaseSeconds: LEASE_S })
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
      return (await renewedMs()) - jumpedMs > (LEASE_S + 1) * 1_000
    })
    await replicas.setClock(first, 0)
    expect(await leader()).toBe(first)
    await nothingRewritten(before)
    await followsChanges()
    expect(await leader()).toBe(first)
  })
})
