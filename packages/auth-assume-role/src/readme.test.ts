import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { expect, it } from 'vitest'

const home = fileURLToPath(new URL('..', import.meta.url))
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${home}/README.md`, 'utf8'))?.[1] ?? ''

it('the example of the README runs as it stands', async () => {
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
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', example],
    {
      cwd: home,
      timeout: 20_000,
      env: {
        NODE_EXTRA_CA_CERTS: simulator.caFile,
        STS_ENDPOINT: new URL(simulator.sts ?? '').host,
        ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tDemo',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'demo',
      },
    },
  )
  expect(stdout).toBe('6543210987654321 [sensitive]\n')
})
