import { ManualClock } from '@ack-secret-manager/core/testing'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { simulatedSource } from '@ack-secret-manager/test-support/simulated-source'
import { describeCredentialProviderContract } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { workerRoleProvider } from './worker-role-provider.ts'

const clock = new ManualClock(Date.now())

const simulator = useFixture(() => startSimulator({ clock, seed: { roles: [{ name: 'node', trust: { ecs: true } }] } }))

describeCredentialProviderContract({
  name: 'worker-role',
  setUp: () => ({
    ...simulatedSource(simulator.control, { clock, action: /^GetRoleCredential$/ }),
    // There is no secret before the first credential.
    canaries: [],
    open: ({ identity = 'known' }) =>
      workerRoleProvider({
        metadataEndpoint: new URL(simulator.metadata ?? '').host,
        clock,
        ...(identity === 'refused' ? { roleName: 'missing' } : {}),
        ...(identity === 'another' ? { roleName: 'node' } : {}),
      }),
  }),
  cannot: { renew: 'ECS gives the same credential again until shortly before its end' },
})
