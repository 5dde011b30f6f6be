import { writeFileSync } from 'node:fs'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'

const example = readmeExample(import.meta.url)

it.each(['legacy', 'aes'] as const)('the example of the README opens a file in %s encryption', async (encryption) => {
  const clientKey = { id: 'KAAP.demo', password: 'Pass-word1', notAfter: '2048-01-01T00:00:00Z', encryption }
  await using simulator = await startSimulator({ seed: { instances: [{ id: 'kst-demo', clientKeys: [clientKey] }] } })
  const file = simulator.clientKeys['KAAP.demo']?.file ?? ''
  writeFileSync(`${file}.password`, 'Pass-word1\n', { mode: 0o600 })
  const stdout = await example.run({ CLIENT_KEY_FILE: file, CLIENT_KEY_PASSWORD_FILE: `${file}.password` })
  expect(stdout).toBe('client key KAAP.demo ends 2048-01-01T00:00:00.000Z\n256 bytes of signature\n')
})
