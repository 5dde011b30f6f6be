import { execFile } from 'node:child_process'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const PROGRAM = fileURLToPath(new URL('run-scripts.ts', import.meta.url))

/** `meets` and `also` each wait for the other, `bad` fails. */
const SCRIPTS = {
  meets: 'touch one; while [ ! -e two ]; do sleep 0.05; done; echo first; echo met one',
  also: 'touch two; while [ ! -e one ]; do sleep 0.05; done; echo second; echo met two',
  bad: 'echo why >&2; exit 3',
}

async function run(...names: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'run-scripts-'))
  await writeFile(path.join(folder.path, 'package.json'), JSON.stringify({ scripts: SCRIPTS }))
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...names], { cwd: folder.path }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, out: `${stdout}${stderr}` }),
    )
  })
}

it('runs scripts at the same time, and prints the output of each as a whole', async () => {
  const { code, out } = await run('meets', 'also')
  expect(code).toBe(0)
  expect(out).toContain('first\nmet one\n')
  expect(out).toContain('second\nmet two\n')
})

it('fails after all have ended if one fails, and says which', async () => {
  const { code, out } = await run('bad', 'meets', 'also')
  expect(code).toBe(1)
  expect(out).toContain('why\n')
  expect(out).toContain('met one\n')
  expect(out).toMatch(/^npm run bad failed$/m)
})
