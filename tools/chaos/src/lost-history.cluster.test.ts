import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { changeCluster, type ControlPlaneChange } from './play-faults.ts'
import { useStage } from './testing/use-stage.ts'
import { RESOURCES, targetOf } from './world/resources.ts'

const DELETED = RESOURCES.findIndex(({ kind }) => kind === 'picks')
const EDITED = RESOURCES.findIndex(({ kind }) => kind === 'extract')

describeCluster('a control plane that goes and comes back', () => {
  // It leads all the time, so that its watches have to find their way back by themselves.
  const tests = useStage({ replicas: 1, args: ['--leader-elect=false'] })
  const { versions, nothingRewritten, followsChanges, settled } = tests

  it.each<[string, ControlPlaneChange]>([
    ['etcd alone', { kind: 'restart-etcd' }],
    ['the API server alone', { kind: 'restart-apiserver' }],
  ])('causes no write and costs no change: %s', async (_what, fault) => {
    const before = versions()
    await changeCluster(tests.stage, fault)
    await settled()
    await nothingRewritten(before)
    await followsChanges()
  })

  it('has forgotten what happened while no watch came through: that is mended, and nothing else written', async () => {
    const { doors, world, replicas } = tests.stage
    const touched = [DELETED, EDITED].map((index) => RESOURCES[index]).map((resource) => resource && targetOf(resource))
    const others = new Map([...versions()].filter(([target]) => !touched.includes(target)))
    const [operator] = replicas.running
    const told = operator?.program.lines.length ?? 0
    doors.api.hook = { before: ({ isWatch }) => isWatch }
    // Whatever watches now is cut.
    doors.api.play({ fault: { kind: 'watch-cut' }, every: 1 })
    doors.api.play(undefined)
    await world.do({ kind: 'delete-secret', resource: DELETED })
    await world.do({ kind: 'edit', resource: EDITED, key: 0 })
    await changeCluster(tests.stage, { kind: 'forget-history' })
    doors.api.hook = undefined
    await settled()
    await nothingRewritten(others)
    expect(operator?.program.lines.slice(told).some((line) => line.includes('410'))).toBe(true)
    await followsChanges()
  })
})
