import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'

it('has an example in its README that works', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'acksm-readme-'))
  try {
    await readmeExample(import.meta.url).run({ OUT: directory })
    expect(await readFile(path.join(directory, 'default/web/password'), 'utf8')).toBe('hunter2')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
