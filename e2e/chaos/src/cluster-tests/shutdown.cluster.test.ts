import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import type { OperatorProcess } from '@ack-secret-manager/testbed'
import { expect, it } from 'vitest'
import { useChaosEnvironment } from './use-chaos-environment.ts'

describeCluster('replicas of which one leaves', () => {
  const tests = useChaosEnvironment({ leaseSeconds: 15 })
  const { leader, successor, versions, nothingRewritten, followsChanges, settled } = tests
  /** The leader, and another one that could lead. */
  const both = async (): Promise<readonly [OperatorProcess, OperatorProcess]> => {
    const { replicas } = tests.environment
    await replicas.fill()
    const first = await leader()
    const second = replicas.running.find((replica) => replica !== first)
    if (!second) throw new Error('there is one replica only')
    await second.program.line((line) => (line.includes('Caches synced') ? true : undefined))
    return [first, second]
  }

  it('write what has changed while nobody led', async () => {
    const { replicas, driver } = tests.environment
    const [first, second] = await both()
    second.program.kill('SIGSTOP')
    expect(await replicas.end(first)).toBe(0)
    await driver.do({ kind: 'rotate', secret: 's3' })
    second.program.kill('SIGCONT')
    expect(await successor(first)).toBe(second)
    await settled()
  })

  it('are led by whom they were when a standby is ended by SIGTERM: exit code 0, nothing rewritten', async () => {
    const { replicas } = tests.environment
    const [first, second] = await both()
    const before = versions()
    expect(await replicas.end(second)).toBe(0)
    await nothingRewritten(before)
    await followsChanges()
    expect(replicas.leader()).toBe(first)
  })

  it('end at SIGTERM while the API server does not answer, before anybody kills them', async () => {
    const { replicas, proxies } = tests.environment
    const [first] = await both()
    const before = versions()
    proxies.api.hook = { before: () => true }
    const code = await replicas.end(first)
    proxies.api.hook = undefined
    // 1 where the lease was lost on the way.
    expect([0, 1]).toContain(code)
    await successor(first)
    await nothingRewritten(before)
    await followsChanges()
  })
})
