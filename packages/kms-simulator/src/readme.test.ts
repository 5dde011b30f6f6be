import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseSeed } from './load-seed.ts'

async function block(language: string): Promise<string> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const found = new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 's').exec(readme)?.[1]
  if (found === undefined) throw new Error(`README.md has no ${language} block`)
  return found
}

it('the example of the README runs', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', await block('ts')],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: 20_000 },
  )
  expect(stdout).toMatch(/^https:\/\/127\.0\.0\.1:\d+\n\{ total: 0, calls: \[\] \}\n$/)
})

it('the seed of the README is one', async () => {
  expect(parseSeed(parse(await block('yaml'))).secrets.map(({ name }) => name)).toEqual([
    'app/db',
    'app/keystore',
    'acs/rds/main',
  ])
})
