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
        instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.demo', password: 'Pass-word1' }] }],
        secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: '{"user":"tom"}' }] }],
      },
    })
    const stdout = await example.run(
      {
        CLIENT_KEY_FILE: simulator.clientKeys['KAAP.demo']?.file,
        CLIENT_KEY_PASSWORD: 'Pass-word1',
        INSTANCE_CA_FILE: simulator.instanceCaFile,
        INSTANCE_ENDPOINT: new URL(simulator.instance ?? '').host,
      },
      source,
    )
    expect(stdout).toBe('Generic v1 14 bytes\n')
  })
})
