import { readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'

it('has an example in its README that works', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  // Beside the sources, so that its imports resolve as a user's would.
  const file = fileURLToPath(new URL(`./readme-${process.pid}.example.ts`, import.meta.url))
  const log = vi.spyOn(console, 'log').mockReturnValue()
  try {
    await writeFile(file, code)
    await import(file)
    expect(log.mock.calls).toEqual([['[sensitive]'], ['NotFound', 'environment variable NO_SUCH_VARIABLE is not set']])
  } finally {
    log.mockRestore()
    await rm(file, { force: true })
  }
})
