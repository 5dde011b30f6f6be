import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { until } from '@ack-secret-manager/testbed'
import { expect, it } from 'vitest'
import { holdNextWrite, isSecretWrite } from './replica-faults.ts'
import { useStage } from './testing/use-stage.ts'

describeCluster('a replica that takes itself for the leader', () => {
  const tests = useStage()
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
    const { doors, replicas, world } = tests.stage
    const held = holdNextWrite(doors.api, replicas)
    await world.do({ kind: 'rotate', secret: 's2' })
    const first = await held.begun
    await successor(first)
    await followsChanges('s2')
    const before = versions()
    held.release()
    const statuses: number[] = []
    doors.api.hook = {
      after: (call, status) => {
        if (isSecretWrite(call)) statuses.push(status)
        return false
      },
    }
    expect(await first.program.exited).toBe(1)
    await until('its write was answered', async () => statuses.length > 0)
    doors.api.hook = undefined
    expect([...new Set(statuses)]).toEqual([409])
    await nothingRewritten(before)
  })
})
