import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { until } from '@ack-secret-manager/testbed'
import { describe, it } from 'vitest'
import { killAtCall } from '../faults/replica-faults.ts'
import { useChaosEnvironment } from './use-chaos-environment.ts'
import { SECRETS } from '../workload/resources.ts'

/** The first ones after a change: of KMS, or writes on the API server. Polling makes calls of KMS, too. */
const CALLS = [1, 2, 3, 4]

describeCluster('a replica that is killed at a call', () => {
  const tests = useChaosEnvironment({ replicas: 1, args: ['--leader-elect=false'] })

  describe.each([
    ['of the API server that writes, before it gets there', 'api', false],
    ['of the API server that writes, when it is done and nobody has heard', 'api', true],
    ['of KMS, before it gets there', 'kms', false],
    ['of KMS, when it is done and nobody has heard', 'kms', true],
  ] as const)('%s,', (_when, service, done) => {
    it.each(CALLS)('loses nothing and mixes nothing: number %i after a change', async (call) => {
      const { proxies, replicas, driver } = tests.environment
      let isKilled = false
      proxies[service].hook = killAtCall(replicas, { call, done }, () => (isKilled = true))
      await driver.do({ kind: 'rotate', secret: SECRETS[call % SECRETS.length] ?? 's0' })
      await until(`the replica is killed at call ${call}`, async () => isKilled)
      proxies[service].hook = undefined
      await tests.settled()
    })
  })
})
