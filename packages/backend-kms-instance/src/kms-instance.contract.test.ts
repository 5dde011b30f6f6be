import { readFileSync } from 'node:fs'
import { parseClientKey } from '@ack-secret-manager/auth-aap'
import type { BackendIdentity, SecretBackend } from '@ack-secret-manager/core'
import {
  issueServerCertificate,
  type ServerCertificate,
  type Simulator,
  startSimulator,
} from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatedManager } from '@ack-secret-manager/test-support/simulated-manager'
import { describeBackendContract, staticProvider } from '@ack-secret-manager/testkit'
import { afterAll, beforeAll } from 'vitest'
import { kmsInstanceBackend } from './kms-instance-backend.ts'

const PASSWORD = canary('password')
const SECRET = canary('access-key-secret')
const NO_DRY_RUN = { checkAccess: 'no reference says that the gateway of an instance knows a dry run' }

let simulator: Simulator
let certificate: ServerCertificate
beforeAll(async () => {
  certificate = await issueServerCertificate(['127.0.0.1'])
  simulator = await startSimulator({
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
  })
  await fetch(`${simulator.control}/clientKeys/KAAP.gone`, { method: 'DELETE' })
})
afterAll(() => simulator.close())

function open(as: BackendIdentity, impatient = false): SecretBackend {
  return kmsInstanceBackend({
    endpoint: new URL(simulator.instance ?? '').host,
    ca: certificate.intermediatePem,
    ...as,
    ...(impatient ? { timeoutMs: 4_000 } : {}),
  })
}

function clientKey(id: string): BackendIdentity {
  const { file, password } = simulator.clientKeys[id] ?? { file: '', password: '' }
  return { clientKey: parseClientKey({ content: readFileSync(file), password: new TextEncoder().encode(password) }) }
}

describeBackendContract({
  name: 'kms-instance with a client key',
  setUp: () => ({
    ...simulatedManager(simulator.control),
    canaries: [PASSWORD],
    open: ({ identity, impatient }) => open(clientKey(identity === 'stranger' ? 'KAAP.gone' : 'KAAP.demo'), impatient),
  }),
  cannot: NO_DRY_RUN,
})

describeBackendContract({
  name: 'kms-instance with a RAM identity',
  setUp: () => ({
    ...simulatedManager(simulator.control),
    canaries: [SECRET],
    open: ({ identity, impatient }) =>
      open({ provider: staticProvider(identity === 'stranger' ? 'LTAI5tUnknown' : 'LTAI5tDemo', SECRET) }, impatient),
  }),
  cannot: NO_DRY_RUN,
})
