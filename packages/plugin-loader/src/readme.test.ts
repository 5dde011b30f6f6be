import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'
import { installed, pluginSource } from './testing/installed.ts'

const example = readmeExample(import.meta.url)
const run = (programFolder: string): Promise<string> =>
  example.run({}, example.code.replace('import.meta.dirname', JSON.stringify(programFolder)))

it('the example of the README reports a missing package', async () => {
  const out = await run(import.meta.dirname)
  expect(out.trim().split('\n')).toEqual([
    expect.stringMatching(/^backend package "@example\/backend-vault": not found in the packages of the program/),
    expect.stringMatching(/^package: backend package "@example\/backend-vault": not found/),
  ])
})

it('the example of the README prints nothing on success', async () => {
  const connect = `({ url }) => ({ key: url, kind: 'vault', quota: { account: url, region: '' },
    backend: { read: async () => undefined, close: async () => undefined } })`
  const optionsSchema = "{ '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } }"
  const there = await installed({
    '@example/backend-vault': { files: { 'index.js': pluginSource({ connect, optionsSchema }) } },
  })
  expect(await run(there)).toBe('')
})
