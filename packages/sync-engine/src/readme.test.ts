import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const home = fileURLToPath(new URL('..', import.meta.url))

it('has an example in its README that works', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const directory = await mkdtemp(path.join(tmpdir(), 'acksm-readme-'))
  const args = ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', code]
  try {
    // In the package's folder, so that imports resolve like those of a user.
    await promisify(execFile)(process.execPath, args, { cwd: home, timeout: 120_000, env: { OUT: directory } })
    expect(await readFile(path.join(directory, 'default/web/password'), 'utf8')).toBe('hunter2')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
