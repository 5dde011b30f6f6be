import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { expect, it } from 'vitest'

const home = fileURLToPath(new URL('..', import.meta.url))
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${home}/README.md`, 'utf8'))?.[1] ?? ''

it('the example of the README reads from KMS over TLS', async () => {
  await using simulator = await startSimulator({
    seed: {
      accessKeys: [
        { id: 'LTAI5tDemo', secret: 'demo', allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] },
      ],
      secrets: [{ name: 'app/db', versions: [{ id: 'v1', data: '{"user":"tom"}' }] }],
    },
  })
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', example],
    {
      cwd: home,
      timeout: 120_000,
      env: {
        NODE_EXTRA_CA_CERTS: simulator.caFile,
        KMS_ENDPOINT: new URL(simulator.kms).host,
        ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'demo',
      },
    },
  )
  expect(stdout).toContain("identity: 'AccessKey LTAI5tDemo'")
  expect(stdout).toMatch(/Generic v1\n$/)
})
