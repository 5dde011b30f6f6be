import { execFile } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { completesFor, programNameOf } from './program-name.ts'
import { folderWith } from './testing/files.ts'
import { run } from './testing/run.ts'

const BIN = fileURLToPath(new URL('../bin/', import.meta.url))

it.each([
  ['/usr/local/bin/acksm', 'acksm'],
  ['/work/apps/cli/bin/acksm.mjs', 'acksm'],
  ['/usr/local/bin/kubectl-acksm', 'kubectl acksm'],
  ['bin/kubectl-acksm.mjs', 'kubectl acksm'],
  ['/home/jane/.krew/bin/kubectl_acksm', 'kubectl acksm'],
  ['/usr/local/bin/my-kubectl-acksm', 'acksm'],
])('started as %s it is called %s', (script, name) => {
  expect(programNameOf(script)).toBe(name)
  expect(completesFor(script)).toBe(false)
})

it('completes words for kubectl', () => {
  const script = '/usr/local/bin/kubectl_complete-acksm'
  expect([programNameOf(script), completesFor(script)]).toEqual(['kubectl acksm', true])
})

it('prints the help without arguments, as a plug-in of kubectl with that name', async () => {
  const { code, out } = await run([])
  expect([code, out]).toEqual([0, expect.stringMatching(/^Usage: acksm COMMAND \[flags\]\n/)])
  const cwd = await folderWith({})
  const link = path.join(cwd, 'kubectl-acksm')
  await symlink(path.join(BIN, 'acksm.mjs'), link)
  const help = await promisify(execFile)(process.execPath, [link, 'get', '--help'])
  expect(help.stdout).toMatch(/^Usage: kubectl acksm get NAME \[flags\]\n[\s\S]*\n {2}kubectl acksm get /)
})
