import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { until } from '@ack-secret-manager/testbed'
import { expect, it } from 'vitest'
import { changeCluster } from './play-faults.ts'
import { isSecretWrite } from './replica-faults.ts'
import { useStage } from './testing/use-stage.ts'

describeCluster('two replicas', () => {
  // Of what is given back nobody waits for the end: it can be longer than a loaded machine holds a renewal up.
  const tests = useStage({ leaseSeconds: 15 })
  const { leader, successor, versions, nothingRewritten, followsChanges, settled } = tests

  it('hand over at SIGTERM: exit code 0, nothing rewritten, changes followed', async () => {
    const before = versions()
    const first = await leader()
    expect(await tests.stage.replicas.end(first)).toBe(0)
    await successor(first)
    await nothingRewritten(before)
    await followsChanges()
  })

  it('finish at SIGTERM what they have begun to write', async () => {
    const { replicas, doors, world } = tests.stage
    const first = await leader()
    const order: string[] = []
    let letGo = (): void => undefined
    const released = new Promise<void>((resolve) => (letGo = resolve))
    const begun = new Promise<void>((begin) => {
      doors.api.hook = {
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
    await world.do({ kind: 'rotate', secret: 's3' })
    await begun
    const ended = replicas.end(first)
    await until('it leads no more', async () => /^acksm_leader 0$/m.test(await first.metrics()))
    letGo()
    const code = await ended
    order.push('ended')
    doors.api.hook = undefined
    expect(code).toBe(0)
    expect(order[0]).toBe('written')
    await settled()
  })

  it('are updated one by one under a definition that has grown: nothing rewritten, no change missed', async () => {
    const { replicas } = tests.stage
    const before = versions()
    const old = replicas.running
    await changeCluster(tests.stage, { kind: 'change-crd' })
    for (const replica of old) {
      const added = await replicas.add()
      await added.program.line((line) => (line.includes('Caches synced') ? true : undefined))
      expect(await replicas.end(replica)).toBe(0)
    }
    await nothingRewritten(before)
    await followsChanges()
  })
})
