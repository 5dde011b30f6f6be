import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { expect, it } from 'vitest'

const home = fileURLToPath(new URL('..', import.meta.url))
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${home}/README.md`, 'utf8'))?.[1] ?? ''

it.each([
  ['runs as it stands', example],
  // An idle connection keeps no process alive.
  ['ends without close, too', example.replace('await provider.close()\n', '')],
])('the example of the README %s', async (_rule, source) => {
  await using simulator = await startSimulator({
    seed: { roles: [{ name: 'node', trust: { ecs: true } }], metadata: { role: 'node', tokenRequired: true } },
  })
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', source],
    { cwd: home, timeout: 20_000, env: { METADATA_ENDPOINT: new URL(simulator.metadata ?? '').host } },
  )
  expect(stdout).toBe('worker role of this node [sensitive]\n')
})
