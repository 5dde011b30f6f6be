import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'

const example = readmeExample(import.meta.url)

it('the example of the README runs unchanged', async () => {
  await using simulator = await startSimulator({
    seed: {
      accessKeys: [{ id: 'LTAI5tDemo', secret: 'demo', allow: [{ actions: ['kms:*'], resources: ['*'] }] }],
      secrets: [
        { name: 'shop/db', tags: { team: 'shop' }, versions: [{ id: 'v1', data: 'old password' }] },
        { name: 'shop/other', versions: [{ id: 'v1', data: 'x' }] },
      ],
    },
  })
  const stdout = await example.run({
    NODE_EXTRA_CA_CERTS: simulator.caFile,
    KMS_ENDPOINT: new URL(simulator.kms).host,
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'demo',
  })
  // Both versions were created within one second, as KMS dates them.
  expect(stdout).toMatch(/^shop\/db Generic\nput the value as version v2\nv2 \[ 'ACSPrevious' \]\n$/)
})
