import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'

const example = readmeExample(import.meta.url)

it('the example of the README runs unchanged', async () => {
  await using simulator = await startSimulator({
    seed: {
      accessKeys: [{ id: 'LTAI5tDemo', secret: 'demo', allow: [{ actions: ['*'], resources: ['*'] }] }],
      parameters: [{ name: 'app/token', value: 'secret', version: 3 }],
    },
  })
  const stdout = await example.run({
    NODE_EXTRA_CA_CERTS: simulator.caFile,
    OOS_ENDPOINT: new URL(simulator.oos ?? '').host,
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'demo',
  })
  expect(stdout).toBe('OOS version 3 6 bytes\n')
})
