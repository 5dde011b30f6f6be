import { describe, expect, it } from 'vitest'
import { changeCluster, type ControlPlaneChange } from '../faults/inject-faults.ts'
import type { ChaosTests } from './use-chaos-environment.ts'
import { RESOURCES, targetOf } from '../workload/resources.ts'

const DELETED = RESOURCES.findIndex(({ kind }) => kind === 'picks')
const EDITED = RESOURCES.findIndex(({ kind }) => kind === 'extract')

/** Restarts of the control plane. The replica leads all the time, so its watches must recover without a restart. */
export function compactedHistory(tests: ChaosTests): void {
  describe('a restarted control plane', () => {
    const { versions, nothingRewritten, followsChanges, converged } = tests

    it.each<[string, ControlPlaneChange]>([
      ['only etcd', { kind: 'restart-etcd' }],
      ['only the API server', { kind: 'restart-apiserver' }],
    ])('causes no write and loses no change: %s', async (_what, fault) => {
      const before = versions()
      await changeCluster(tests.environment, fault)
      await converged()
      await nothingRewritten(before)
      await followsChanges()
    })

    it('with a compacted history leads to a new list: missed drift is repaired, nothing else is written', async () => {
      const { proxies, driver, replicas } = tests.environment
      const touched = [DELETED, EDITED]
        .map((index) => RESOURCES[index])
        .map((resource) => resource && targetOf(resource))
      const others = new Map([...versions()].filter(([target]) => !touched.includes(target)))
      const [operator] = replicas.running
      const linesBefore = operator?.program.lines.length ?? 0
      proxies.api.hook = { before: ({ isWatch }) => isWatch }
      // Cuts all open watches.
      proxies.api.setFault({ fault: { kind: 'watch-cut' }, every: 1 })
      proxies.api.setFault(undefined)
      await driver.do({ kind: 'delete-secret', resource: DELETED })
      await driver.do({ kind: 'edit', resource: EDITED, key: 0 })
      await changeCluster(tests.environment, { kind: 'forget-history' })
      proxies.api.hook = undefined
      await converged()
      await nothingRewritten(others)
      expect(operator?.program.lines.slice(linesBefore).some((line) => line.includes('410'))).toBe(true)
      await followsChanges()
    })
  })
}
