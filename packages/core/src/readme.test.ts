import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const home = fileURLToPath(new URL('..', import.meta.url))

it('has a working example in its README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const args = ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', code]
  // In the package's folder, so that imports resolve like those of a user.
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: home, timeout: 120_000, env: {} })
  expect(stdout).toBe('[sensitive]\nNotFound environment variable NO_SUCH_VARIABLE is not set\n')
})
