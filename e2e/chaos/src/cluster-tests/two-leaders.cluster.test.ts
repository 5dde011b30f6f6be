import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { until } from '@ack-secret-manager/testbed'
import { expect, it } from 'vitest'
import { holdNextWrite, isSecretWrite } from '../faults/replica-faults.ts'
import { useChaosEnvironment } from './use-chaos-environment.ts'

describeCluster('a replica that takes itself for the leader', () => {
  const tests = useChaosEnvironment()
  const { leader, successor, versions, nothingRewritten, followsChanges } = tests

  it('is ended when it has stood still beyond its lease, and has written nothing', async () => {
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

  it('is refused what it had begun to write before it stood still: the newer value stays', async () => {
    const { proxies, replicas, driver } = tests.environment
    const held = holdNextWrite(proxies.api, replicas)
    await driver.do({ kind: 'rotate', secret: 's2' })
    const first = await held.begun
    await successor(first)
    await followsChanges('s2')
    const before = versions()
    held.release()
    const statuses: number[] = []
    proxies.api.hook = {
      after: (call, status) => {
        if (isSecretWrite(call)) statuses.push(status)
        return false
      },
    }
    expect(await first.program.exited).toBe(1)
    await until('its write was answered', async () => statuses.length > 0)
    proxies.api.hook = undefined
    expect([...new Set(statuses)]).toEqual([409])
    await nothingRewritten(before)
  })
})
