import { readFileSync } from 'node:fs'
import { parseClientKey } from '@ack-secret-manager/auth-aap'
import type { BackendIdentity, SecretBackend } from '@ack-secret-manager/core'
import { issueServerCertificate, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatedManager } from '@ack-secret-manager/test-support/simulated-manager'
import { describeBackendContract, staticProvider } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { beforeAll } from 'vitest'
import { kmsInstanceBackend, type KmsInstanceSettings } from './kms-instance-backend.ts'

const PASSWORD = canary('password')
const SECRET = canary('access-key-secret')
const NO_DRY_RUN = { checkAccess: 'no reference says that the gateway of an instance knows a dry run' }

const certificate = useFixture(() => issueServerCertificate(['127.0.0.1']))
const simulator = useFixture(() =>
  startSimulator({
    instanceCertificate: certificate,
    seed: {
      accessKeys: [{ id: 'LTAI5tDemo', secret: SECRET, allow: [{ actions: ['kms:*'], resources: ['*'] }] }],
      instances: [
        {
          id: 'kst-demo',
          clientKeys: [
            { id: 'KAAP.demo', password: PASSWORD },
            { id: 'KAAP.gone', password: PASSWORD },
          ],
        },
      ],
    },
  }),
)
beforeAll(async () => {
  await fetch(`${simulator.control}/clientKeys/KAAP.gone`, { method: 'DELETE' })
})

function open(as: BackendIdentity, settings: Partial<KmsInstanceSettings> = {}): SecretBackend {
  const endpoint = new URL(simulator.instance ?? '').host
  return kmsInstanceBackend({ endpoint, ca: certificate.intermediatePem, ...as, ...settings })
}

function clientKey(id: string): BackendIdentity {
  const { file, password } = simulator.clientKeys[id] ?? { file: '', password: '' }
  return { clientKey: parseClientKey({ content: readFileSync(file), password: new TextEncoder().encode(password) }) }
}

describeBackendContract({
  name: 'kms-instance with a client key',
  setUp: () => {
    const manager = simulatedManager(simulator.control)
    return {
      ...manager,
      canaries: [PASSWORD],
      open: ({ identity, impatient }) =>
        open(clientKey(identity === 'stranger' ? 'KAAP.gone' : 'KAAP.demo'), impatient ? manager.impatience() : {}),
    }
  },
  cannot: NO_DRY_RUN,
})

describeBackendContract({
  name: 'kms-instance with a RAM identity',
  setUp: () => {
    const manager = simulatedManager(simulator.control)
    return {
      ...manager,
      canaries: [SECRET],
      open: ({ identity, impatient }) => {
        const provider = staticProvider(identity === 'stranger' ? 'LTAI5tUnknown' : 'LTAI5tDemo', SECRET)
        return open({ provider }, impatient ? manager.impatience() : {})
      },
    }
  },
  cannot: NO_DRY_RUN,
})
