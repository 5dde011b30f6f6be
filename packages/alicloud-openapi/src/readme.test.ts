import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'

const example = readmeExample(import.meta.url)

it('the example of the README runs unchanged', async () => {
  await using simulator = await startSimulator({
    seed: {
      account: '1234567890123456',
      accessKeys: [
        { id: 'LTAI5tDemo', secret: 'demo', allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] },
      ],
      secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: '{"user":"tom"}' }] }],
      roles: [{ name: 'any' }],
    },
  })
  const stdout = await example.run({
    NODE_EXTRA_CA_CERTS: simulator.caFile,
    KMS_ENDPOINT: new URL(simulator.kms).host,
    STS_ENDPOINT: new URL(simulator.sts ?? '').host,
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'demo',
  })
  expect(stdout).toBe('v1 Generic\nacs:ram::1234567890123456:user/LTAI5tDemo 1234567890123456\n')
})
