import { until } from '@ack-secret-manager/testenv'
import { describe, it } from 'vitest'
import { killAtCall } from '../faults/replica-faults.ts'
import type { ChaosTests } from './use-chaos-environment.ts'
import { SECRETS } from '../workload/resources.ts'

/** Every kind of call is tried with each of the first calls in a nightly run. */
const IS_EACH = process.env['KILL_AT'] === 'each'
const EACH = [1, 2, 3, 4]

/** SIGKILL at a call, with one replica. */
export function killAtEachCall(tests: ChaosTests): void {
  describe('a replica that is killed at a call', () => {
    describe.each([
      ['a write on the API server, before it is forwarded', 'api', false, [1, 3]],
      ['a write on the API server, after it is processed', 'api', true, [2, 4]],
      ['a call of KMS, before it is forwarded', 'kms', false, [2, 4]],
      ['a call of KMS, after it is processed', 'kms', true, [1, 3]],
    ] as const)('%s,', (_when, service, done, some) => {
      // First calls of KMS or writes on the API server after a change. Polling calls KMS as well.
      it.each(IS_EACH ? EACH : some)('loses no key and mixes no versions: call %i after a change', async (call) => {
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
}
