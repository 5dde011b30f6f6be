import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { installed, pluginSource } from './testing/installed.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${home}/README.md`, 'utf8'))?.[1] ?? ''

async function run(source: string): Promise<string> {
  const args = ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', source]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: home, timeout: 20_000 })
  return stdout
}

it('the example of the README tells of a package that is not there', async () => {
  const out = await run(example.replace('import.meta.dirname', JSON.stringify(home)))
  expect(out.trim().split('\n')).toEqual([
    expect.stringMatching(/^backend package "@example\/backend-vault": not found in the program’s own packages/),
    expect.stringMatching(/^package: backend package "@example\/backend-vault": not found/),
  ])
})

it('the example of the README says nothing when all is well', async () => {
  const connect = `({ url }) => ({ key: url, kind: 'vault', quota: { account: url, region: '' },
    backend: { read: async () => undefined, close: async () => undefined } })`
  const optionsSchema = "{ '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } }"
  const there = await installed({
    '@example/backend-vault': { files: { 'index.js': pluginSource({ connect, optionsSchema }) } },
  })
  expect(await run(example.replace('import.meta.dirname', JSON.stringify(there)))).toBe('')
})
