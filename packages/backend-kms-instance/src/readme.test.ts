import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { describe, expect, it } from 'vitest'

const home = fileURLToPath(new URL('..', import.meta.url))
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${home}/README.md`, 'utf8'))?.[1] ?? ''

describe('the example of the README', () => {
  it.each([
    ['runs as it stands', example],
    // Ends by itself: an idle connection keeps no process alive.
    ['ends without close, too', example.replace('await backend.close()\n', '')],
  ])('%s', async (_rule, source) => {
    await using simulator = await startSimulator({
      seed: {
        instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.demo', password: 'Pass-word1' }] }],
        secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: '{"user":"tom"}' }] }],
      },
    })
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', source],
      {
        cwd: home,
        timeout: 20_000,
        env: {
          CLIENT_KEY_FILE: simulator.clientKeys['KAAP.demo']?.file,
          CLIENT_KEY_PASSWORD: 'Pass-word1',
          INSTANCE_CA_FILE: simulator.instanceCaFile,
          INSTANCE_ENDPOINT: new URL(simulator.instance ?? '').host,
        },
      },
    )
    expect(stdout).toBe('Generic v1 14 bytes\n')
  })
})
