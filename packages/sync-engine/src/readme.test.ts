import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'

it('has an example in its README that works', async () => {
  const directory = await directoryOfTest()
  await readmeExample(import.meta.url).run({ OUT: directory })
  expect(await readFile(path.join(directory, 'default/web/password'), 'utf8')).toBe('hunter2')
})
