import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { Program } from './program.ts'

it.each([
  ['with its own exit code if it exits in time', "process.on('SIGTERM', () => process.exit(3))", 3],
  ['by SIGKILL if it exceeds the grace period', "process.on('SIGTERM', () => undefined)", 'SIGKILL'],
])('ends %s', async (_how, onTerm, code) => {
  await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-program-'))
  const { path: directory } = temporary
  const script = path.join(directory, 'stubborn.mjs')
  await writeFile(script, `${onTerm}\nconsole.log('ready')\nsetInterval(() => undefined, 60_000)\n`)
  await using program = Program.start({ name: 'a program', script, args: [] })
  await program.line((line) => line === 'ready' || undefined)
  expect(await program.stop(code === 3 ? undefined : 100)).toBe(code)
})
