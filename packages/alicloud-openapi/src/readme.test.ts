import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { expect, it } from 'vitest'

const home = fileURLToPath(new URL('..', import.meta.url))
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${home}/README.md`, 'utf8'))?.[1] ?? ''

it('the example of the README runs as it stands', async () => {
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
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', example],
    {
      cwd: home,
      timeout: 20_000,
      env: {
        NODE_EXTRA_CA_CERTS: simulator.caFile,
        KMS_ENDPOINT: new URL(simulator.kms).host,
        STS_ENDPOINT: new URL(simulator.sts ?? '').host,
        ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'demo',
      },
    },
  )
  expect(stdout).toBe('v1 Generic\nacs:ram::1234567890123456:user/LTAI5tDemo 1234567890123456\n')
})
