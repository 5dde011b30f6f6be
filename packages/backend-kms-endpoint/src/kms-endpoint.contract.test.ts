import tls from 'node:tls'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { Sensitive } from '@ack-secret-manager/core'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { simulatedManager } from '@ack-secret-manager/testbed/simulated-manager'
import { describeBackendContract } from '@ack-secret-manager/testkit'
import { afterAll, beforeAll } from 'vitest'
import { kmsEndpointBackend } from './kms-endpoint-backend.ts'

const SECRET = 'canary-accesskey-secret'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({
    seed: {
      accessKeys: [
        { id: 'LTAI5tDemo', secret: SECRET, allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] },
      ],
    },
  })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), simulator.caPem])
})
afterAll(() => simulator.close())

describeBackendContract({
  name: 'kms-endpoint',
  setUp: () => ({
    ...simulatedManager(simulator.control),
    canaries: [SECRET],
    open: ({ identity, impatient }) =>
      kmsEndpointBackend({
        endpoint: new URL(simulator.kms).host,
        provider: accessKeyProvider({
          accessKeyId: identity === 'stranger' ? 'LTAI5tNobody' : 'LTAI5tDemo',
          accessKeySecret: new Sensitive(SECRET),
        }),
        ...(impatient ? { timeoutMs: 200 } : {}),
      }),
  }),
  cannot: { checkAccess: 'KMS has no dry run of GetSecretValue' },
})
