import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'tsup'
import { expect, it, onTestFinished } from 'vitest'
import { application } from './application.ts'
import { withDirectImports } from './direct-imports.ts'

/** In a folder of the packages, so that imports resolve. */
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url))

const definitions = new Map([
  ['one', { file: '/work/some/src/one.ts', name: 'one' }],
  ['two', { file: '/work/other/src/two.ts', name: 'second' }],
])
const direct = (text: string): string =>
  withDirectImports(text, '/work/other/src/file.ts', (name) =>
    name === '@ack-secret-manager/some' ? definitions : undefined,
  )

it.each([
  ["import { one } from '@ack-secret-manager/some'", `import { one as one } from "../../some/src/one.ts"`],
  ["import { two as other } from '@ack-secret-manager/some'", `import { second as other } from "./two.ts"`],
  ["import { type One, one } from '@ack-secret-manager/some'", `import { one as one } from "../../some/src/one.ts"`],
  [
    "import { one, none } from '@ack-secret-manager/some'",
    `import { one as one } from "../../some/src/one.ts"; import { none as none } from '@ack-secret-manager/some'`,
  ],
  [
    "import {\n  type One,\n  one,\n} from '@ack-secret-manager/some'\nnext",
    `import { one as one } from "../../some/src/one.ts"\n\n\n\nnext`,
  ],
])('%s names the file that defines it', (text, expected) => {
  expect(direct(text)).toBe(expected)
})

it.each([
  "import type { one } from '@ack-secret-manager/some'",
  "import { one } from '@ack-secret-manager/other'",
  "import { one } from '@ack-secret-manager/some/part'",
  "import { one } from 'some'",
  "const one = await import('@ack-secret-manager/some')",
])('%s stays', (text) => {
  expect(direct(text)).toBe(text)
})

it('keeps out of a chunk what only another command needs', async () => {
  await mkdir(CACHE, { recursive: true })
  // A folder `src`, as in a package.
  const directory = path.join(await mkdtemp(path.join(CACHE, 'direct-')), 'src')
  onTestFinished(() => rm(path.dirname(directory), { recursive: true }))
  await mkdir(directory)
  const sources = {
    'main.ts': "console.log(await (process.argv[2] === 'a' ? import('./a.ts') : import('./b.ts')))",
    'a.ts': "import { fullJitter } from '@ack-secret-manager/core'\nexport const a = typeof fullJitter",
    'b.ts': "import { Sensitive } from '@ack-secret-manager/core'\nexport const b = typeof Sensitive",
  }
  for (const [name, text] of Object.entries(sources)) await writeFile(path.join(directory, name), text)
  const outDir = path.join(directory, 'dist')
  const entry = [path.join(directory, 'main.ts')]
  const shared = { outDir, clean: false, sourcemap: false, splitting: true, metafile: true }
  await build({ ...application({ entry, ...shared }), config: false, silent: true })
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(outDir, 'main.js'), 'a'])
  expect(stdout).toContain("a: 'function'")

  const { outputs } = JSON.parse(await readFile(path.join(outDir, 'metafile-esm.json'), 'utf8')) as {
    outputs: Record<string, { inputs: Record<string, object>; imports: Array<{ path: string; kind: string }> }>
  }
  const loadedBy = (output: string): string[] => [
    ...Object.keys(outputs[output]?.inputs ?? {}),
    ...(outputs[output]?.imports ?? []).flatMap(({ path: next, kind }) =>
      kind === 'import-statement' ? loadedBy(next) : [],
    ),
  ]
  const chunkOf = (source: string): string =>
    Object.keys(outputs).find((name) =>
      Object.keys(outputs[name]?.inputs ?? {}).some((file) => file.endsWith(source)),
    ) ?? ''
  const files = (source: string): string => loadedBy(chunkOf(source)).join(' ')
  expect(files('src/a.ts')).toContain('backoff')
  expect(files('src/a.ts')).not.toContain('sensitive')
  expect(files('src/b.ts')).toContain('sensitive')
})
