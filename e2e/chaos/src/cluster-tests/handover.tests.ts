import { until } from '@ack-secret-manager/testenv'
import { describe, expect, it } from 'vitest'
import { changeCluster } from '../faults/inject-faults.ts'
import { isSecretWrite } from '../faults/replica-faults.ts'
import type { ChaosTests } from './use-chaos-environment.ts'

/** A leader that ends and a rolling update, with two replicas. */
export function handover(tests: ChaosTests): void {
  describe('two replicas', () => {
    const { leader, successor, versions, nothingRewritten, followsChanges, converged } = tests

    it('hand over on SIGTERM: exit code 0, nothing rewritten, changes followed', async () => {
      const before = versions()
      const first = await leader()
      expect(await tests.environment.replicas.end(first)).toBe(0)
      await successor(first)
      await nothingRewritten(before)
      await followsChanges()
    })

    it('finish pending writes on SIGTERM', async () => {
      const { replicas, proxies, driver } = tests.environment
      const first = await leader()
      const order: string[] = []
      let letGo = (): void => undefined
      const released = new Promise<void>((resolve) => (letGo = resolve))
      const begun = new Promise<void>((begin) => {
        proxies.api.hook = {
          hold: (call) => {
            if (!isSecretWrite(call)) return undefined
            begin()
            return released
          },
          after: (call) => {
            if (isSecretWrite(call)) order.push('written')
            return false
          },
        }
      })
      await driver.do({ kind: 'rotate', secret: 's3' })
      await begun
      const ended = replicas.end(first)
      await until('the replica no longer leads', async () => /^acksm_leader 0$/m.test(await first.metrics()))
      letGo()
      const code = await ended
      order.push('ended')
      proxies.api.hook = undefined
      expect(code).toBe(0)
      expect(order[0]).toBe('written')
      await converged()
    })

    it('survive a rolling update with an extended CRD: nothing rewritten, no change missed', async () => {
      const { replicas } = tests.environment
      const before = versions()
      const old = replicas.running
      await changeCluster(tests.environment, { kind: 'change-crd' })
      for (const replica of old) {
        const added = await replicas.add()
        await added.standingBy()
        expect(await replicas.end(replica)).toBe(0)
      }
      await nothingRewritten(before)
      await followsChanges()
    })
  })
}
