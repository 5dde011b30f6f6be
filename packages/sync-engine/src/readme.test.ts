import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('has an example in its README that works', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const directory = await mkdtemp(path.join(tmpdir(), 'acksm-readme-'))
  // Beside the sources, so that its imports resolve as a user's would.
  const file = fileURLToPath(new URL(`./readme-${process.pid}.example.ts`, import.meta.url))
  try {
    await writeFile(file, `const directory = ${JSON.stringify(path.join(directory, 'out'))}\n${code}`)
    await import(file)
    expect(await readFile(path.join(directory, 'out/default/web/password'), 'utf8')).toBe('hunter2')
  } finally {
    await rm(file, { force: true })
    await rm(directory, { recursive: true, force: true })
  }
})
