import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { changeCluster, type ControlPlaneChange } from '../faults/inject-faults.ts'
import { useChaosEnvironment } from './use-chaos-environment.ts'
import { RESOURCES, targetOf } from '../workload/resources.ts'

const DELETED = RESOURCES.findIndex(({ kind }) => kind === 'picks')
const EDITED = RESOURCES.findIndex(({ kind }) => kind === 'extract')

describeCluster('a control plane that goes and comes back', () => {
  // It leads all the time, so that its watches have to find their way back by themselves.
  const tests = useChaosEnvironment({ replicas: 1, args: ['--leader-elect=false'] })
  const { versions, nothingRewritten, followsChanges, settled } = tests

  it.each<[string, ControlPlaneChange]>([
    ['etcd alone', { kind: 'restart-etcd' }],
    ['the API server alone', { kind: 'restart-apiserver' }],
  ])('causes no write and costs no change: %s', async (_what, fault) => {
    const before = versions()
    await changeCluster(tests.environment, fault)
    await settled()
    await nothingRewritten(before)
    await followsChanges()
  })

  it('has forgotten what happened while no watch came through: that is mended, and nothing else written', async () => {
    const { proxies, driver, replicas } = tests.environment
    const touched = [DELETED, EDITED].map((index) => RESOURCES[index]).map((resource) => resource && targetOf(resource))
    const others = new Map([...versions()].filter(([target]) => !touched.includes(target)))
    const [operator] = replicas.running
    const told = operator?.program.lines.length ?? 0
    proxies.api.hook = { before: ({ isWatch }) => isWatch }
    // Whatever watches now is cut.
    proxies.api.setFault({ fault: { kind: 'watch-cut' }, every: 1 })
    proxies.api.setFault(undefined)
    await driver.do({ kind: 'delete-secret', resource: DELETED })
    await driver.do({ kind: 'edit', resource: EDITED, key: 0 })
    await changeCluster(tests.environment, { kind: 'forget-history' })
    proxies.api.hook = undefined
    await settled()
    await nothingRewritten(others)
    expect(operator?.program.lines.slice(told).some((line) => line.includes('410'))).toBe(true)
    await followsChanges()
  })
})
