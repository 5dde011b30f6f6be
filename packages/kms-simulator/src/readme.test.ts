import { readFile } from 'node:fs/promises'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseSeed } from './load-seed.ts'

it('the example of the README runs', async () => {
  expect(await readmeExample(import.meta.url).run()).toMatch(
    /^https:\/\/127\.0\.0\.1:\d+\n\{ total: 0, calls: \[\] \}\n$/,
  )
})

it('the seed of the README is valid', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const [, seed = ''] = /```yaml\n(.*?)\n```/s.exec(readme) ?? []
  expect(parseSeed(parse(seed)).secrets.map(({ name }) => name)).toEqual(['app/db', 'app/keystore', 'acs/rds/main'])
})
