import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatedManager } from '@ack-secret-manager/test-support/simulated-manager'
import { describeBackendContract, staticProvider } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { oosBackend } from './oos-backend.ts'

const SECRET = canary('access-key-secret')

const simulator = useFixture(() =>
  startSimulator({
    seed: {
      accessKeys: [
        {
          id: 'LTAI5tDemo',
          secret: SECRET,
          allow: [
            { actions: ['oos:GetSecretParameter', 'oos:GetSecretParameters', 'kms:GetSecretValue'], resources: ['*'] },
            { actions: ['oos:ListSecretParameters'], resources: ['*'] },
          ],
        },
      ],
      parameters: [{ name: 'app/token', value: 'x' }],
    },
  }),
)

describeBackendContract({
  name: 'oos',
  setUp: () => {
    const manager = simulatedManager(simulator.control, 'parameters')
    return {
      ...manager,
      canaries: [SECRET],
      open: ({ identity, impatient }) =>
        oosBackend({
          endpoint: new URL(simulator.oos ?? '').host,
          ca: simulator.caPem,
          provider: staticProvider(identity === 'stranger' ? 'LTAI5tUnknown' : 'LTAI5tDemo', SECRET),
          ...(impatient ? manager.impatience() : {}),
        }),
    }
  },
  cannot: {
    binary: 'parameters of OOS are text',
    stages: 'parameters of OOS have no stages, only the latest version',
    checkAccess: 'OOS has no dry run of GetSecretParameter',
  },
})
