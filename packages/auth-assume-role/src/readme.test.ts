import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'

const example = readmeExample(import.meta.url)

it('the example of the README runs unchanged', async () => {
  const reader = 'acs:ram::1234567890123456:role/kms-reader'
  const remote = 'acs:ram::6543210987654321:role/app-secrets'
  const assume = (role: string) => [{ actions: ['sts:AssumeRole'], resources: [role] }]
  await using simulator = await startSimulator({
    seed: {
      accessKeys: [{ id: 'LTAI5tDemo', secret: 'demo', allow: assume(reader) }],
      roles: [
        { name: 'kms-reader', trust: { accessKeys: ['LTAI5tDemo'] }, allow: assume(remote) },
        { name: 'app-secrets', account: '6543210987654321', trust: { roles: [reader] } },
      ],
    },
  })
  const stdout = await example.run({
    NODE_EXTRA_CA_CERTS: simulator.caFile,
    STS_ENDPOINT: new URL(simulator.sts ?? '').host,
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'demo',
  })
  expect(stdout).toBe('6543210987654321 [sensitive]\n')
})
