import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'

const example = readmeExample(import.meta.url)

it.each([
  ['runs unchanged', example.code],
  // An idle connection does not keep the process alive.
  ['ends without close, too', example.code.replace('await provider.close()\n', '')],
])('the example of the README %s', async (_rule, source) => {
  await using simulator = await startSimulator({
    seed: { roles: [{ name: 'node', trust: { ecs: true } }], metadata: { role: 'node', tokenRequired: true } },
  })
  const stdout = await example.run({ METADATA_ENDPOINT: new URL(simulator.metadata ?? '').host }, source)
  expect(stdout).toBe('worker role of this node [sensitive]\n')
})
