import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { until } from '@ack-secret-manager/testenv'
import { describe, it } from 'vitest'
import { killAtCall } from '../faults/replica-faults.ts'
import { useChaosEnvironment } from './use-chaos-environment.ts'
import { SECRETS } from '../workload/resources.ts'

/** First calls of KMS or writes on the API server after a change. Polling calls KMS as well. */
const CALLS = [1, 2, 3, 4]

describeCluster('a replica that is killed at a call', () => {
  const tests = useChaosEnvironment({ replicas: 1, args: ['--leader-elect=false'] })

  describe.each([
    ['a write on the API server, before it is forwarded', 'api', false],
    ['a write on the API server, after it is processed', 'api', true],
    ['a call of KMS, before it is forwarded', 'kms', false],
    ['a call of KMS, after it is processed', 'kms', true],
  ] as const)('%s,', (_when, service, done) => {
    it.each(CALLS)('loses no key and mixes no versions: call %i after a change', async (call) => {
      const { proxies, replicas, driver } = tests.environment
      let isKilled = false
      proxies[service].hook = killAtCall(replicas, { call, done }, () => (isKilled = true))
      await driver.do({ kind: 'rotate', secret: SECRETS[call % SECRETS.length] ?? 's0' })
      await until(`the replica is killed at call ${call}`, async () => isKilled)
      proxies[service].hook = undefined
      await tests.converged()
    })
  })
})
