import { oosBackend } from '@ack-secret-manager/backend-oos'
import { systemClock } from '@ack-secret-manager/core'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatedManager } from '@ack-secret-manager/test-support/simulated-manager'
import { describeBackendContract, staticProvider } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { guardConnection } from './guard-connection.ts'

const SECRET = canary('access-key-secret')
const READ = {
  actions: ['oos:GetSecretParameter', 'oos:GetSecretParameters', 'oos:ListSecretParameters', 'kms:GetSecretValue'],
  resources: ['*'],
}

const simulator = useFixture(async () => {
  const seed = {
    accessKeys: [{ id: 'LTAI5tDemo', secret: SECRET, allow: [READ] }],
    parameters: [{ name: 'app/token', value: 'x' }],
  }
  return startSimulator({ seed })
})

describeBackendContract({
  name: 'oos as a backend package',
  setUp: () => {
    const manager = simulatedManager(simulator.control, 'parameters')
    return {
      ...manager,
      canaries: [SECRET],
      open: ({ identity, impatient }) =>
        guardConnection(
          {
            key: 'oos',
            quota: { account: '', region: '' },
            backend: oosBackend({
              endpoint: new URL(simulator.oos ?? '').host,
              ca: simulator.caPem,
              provider: staticProvider(identity === 'stranger' ? 'LTAI5tUnknown' : 'LTAI5tDemo', SECRET),
              ...(impatient ? manager.impatience() : {}),
            }),
          },
          { name: 'oos', readTimeoutMs: 60_000, closeTimeoutMs: 10_000, clock: systemClock },
        ).backend,
    }
  },
  cannot: {
    binary: 'parameters of OOS are text',
    stages: 'parameters of OOS have no stages, only the latest version',
    checkAccess: 'OOS has no dry run of GetSecretParameter',
  },
})
