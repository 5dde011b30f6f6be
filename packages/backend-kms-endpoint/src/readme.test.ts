import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { describe, expect, it } from 'vitest'

const example = readmeExample(import.meta.url)

describe('the example of the README', () => {
  it.each([
    ['runs unchanged', example.code],
    // The process exits, because an idle connection does not keep it alive.
    ['ends without close, too', example.code.replace('await backend.close()\n', '')],
  ])('%s', async (_rule, source) => {
    await using simulator = await startSimulator({
      seed: {
        accessKeys: [
          { id: 'LTAI5tDemo', secret: 'demo', allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] },
        ],
        secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: '{"user":"tom"}' }] }],
      },
    })
    const stdout = await example.run(
      {
        NODE_EXTRA_CA_CERTS: simulator.caFile,
        KMS_ENDPOINT: new URL(simulator.kms).host,
        ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'demo',
      },
      source,
    )
    expect(stdout).toBe('Generic v1 14 bytes\n')
  })
})
