import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'

const example = readmeExample(import.meta.url)

it('the example of the README runs unchanged', async () => {
  await using simulator = await startSimulator({
    seed: {
      accessKeys: [{ id: 'LTAI5tDemo', secret: 'demo', allow: [{ actions: ['*'], resources: ['*'] }] }],
      secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: 'x' }] }],
      queues: [{ name: 'acksm-hints' }],
      eventRules: [{ queue: 'acksm-hints', base64: true, families: ['apiCall'] }],
    },
  })
  await fetch(`${simulator.control}/secrets/app/db`, { method: 'PUT', body: '{"data":"y"}' })
  const stdout = await example.run({
    NODE_EXTRA_CA_CERTS: simulator.caFile,
    SMQ_ENDPOINT: new URL(simulator.smq ?? '').host,
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'demo',
  })
  expect(stdout).toBe('app/db may have changed\n')
})
