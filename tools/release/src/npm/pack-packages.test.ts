import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'

const SCRIPT = 'tools/release/src/npm/pack-packages.ts'

it.each<[what: string, packages: readonly string[], argv: readonly string[], message: string]>([
  ['without a folder', ['a'], [], 'name the folder for the packages, as in: npm run pack -- out/npm'],
  ['with an option', ['a'], ['--help'], 'name the folder for the packages, as in: npm run pack -- out/npm'],
  ['in a tree that is not built', ['a'], ['out'], 'packages/a is not built; run npm run build first'],
  [
    'in a tree that is not built, of many packages',
    ['a', 'b', 'c', 'd', 'e'],
    ['out'],
    'packages/a, packages/b, packages/c and 2 more are not built; run npm run build first',
  ],
])('prints one line %s', async (_what, packages, argv, message) => {
  await using tree = await mkdtempDisposable(path.join(tmpdir(), 'acksm-pack-'))
  await cp(import.meta.dirname, path.join(tree.path, path.dirname(SCRIPT)), { recursive: true })
  await writeFile(path.join(tree.path, 'package.json'), '{"type":"module"}')
  for (const name of packages) {
    await mkdir(path.join(tree.path, 'packages', name), { recursive: true })
    await writeFile(path.join(tree.path, 'packages', name, 'package.json'), JSON.stringify({ name }))
  }
  const ran = await new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...argv], { cwd: tree.path }, (error, out, err) =>
      resolve([error?.code, out, err]),
    )
  })
  expect(ran).toEqual([1, '', `pack: ${message}\n`])
})
