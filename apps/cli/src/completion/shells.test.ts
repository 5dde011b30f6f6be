import { pathWithKubectl } from '@ack-secret-manager/chart/programs/kubectl-binary'
import { runOnTerminal, type TerminalProgram } from '@ack-secret-manager/test-support/terminal'
import { execFile, execFileSync } from 'node:child_process'
import { readdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url))
const KUBECONFIG = String.raw`contexts:
  - {name: prod, context: {cluster: c}}
  - {name: "ev il;$(touch pwned)", context: {cluster: c}}
  - {name: 'CORP\user:tom', context: {cluster: c}}
`
/** Clears the line, Tab, Enter. */
const [CLEAR, TAB, ENTER] = ['\u0015', '\t', '\r']

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    // Not installed.
    return false
  }
}

/** What a user types before Tab, and the arguments that the command then gets. */
const COMPLETED: readonly (readonly [typed: string, argv: string])[] = [
  ['expl', '<explain>'],
  ['sync --output=js', '<sync><--output=json>'],
  ['sync -f man', '<sync><-f><manifest.yaml>'],
  ['sync --kubeconfig=man', '<sync><--kubeconfig=manifest.yaml>'],
  ['status --context pr', '<status><--context><prod>'],
  ['status --context ev', '<status><--context><ev il;$(touch pwned)>'],
  ['status --context CO', String.raw`<status><--context><CORP\user:tom>`],
]

/** An interactive shell with the completion script. `acksm` prints its arguments, except for those of the script. */
async function shellWith(shell: 'bash' | 'zsh', before: string): Promise<TerminalProgram & { readonly cwd: string }> {
  const cwd = await folderWith({
    'manifest.yaml': '',
    config: KUBECONFIG,
    script: (await run(['completion', shell])).out,
  })
  const argv = shell === 'bash' ? ['--norc', '--noprofile', '-i'] : ['-f', '-i']
  const env = { PATH: process.env['PATH'], HOME: cwd, KUBECONFIG: path.join(cwd, 'config'), PS1: '$ ' }
  const program = runOnTerminal(shell, argv, { cwd, env })
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  const node = `'${process.execPath}' '${path.join(BIN, 'acksm.mjs')}'`
  const print = `printf '<%s>' "$@"; echo`
  program.type(
    `${before}acksm() { if [ "$1" = __complete ]; then [ -t 0 ] && touch reads-keys; ${node} "$@"; else ${print}; fi; }; . ./script; echo rea''dy${ENTER}`,
  )
  await program.until(/^ready/m)
  return Object.assign(program, { cwd })
}

describe.each([
  ['bash', ''],
  ['zsh', 'autoload -Uz compinit; compinit -u -D; '],
] as const)('%s', (shell, before) => {
  it.skipIf(!has(shell))(
    'completes words, and never runs what a user is typing or a name has, or reads keys of the user',
    { timeout: 120_000 },
    async () => {
      const program = await shellWith(shell, before)
      for (const [at, [typed, argv]] of COMPLETED.entries()) {
        program.type(`acksm ${typed}${TAB}${ENTER}`)
        const shown = await program.until(new RegExp(`(?:^<[^\\r\\n]*>\r\n[^]*){${at + 1}}`, 'm'))
        expect(shown.match(/^<[^\r\n]*>/gm)?.at(-1)).toBe(argv)
      }
      program.type(`acksm sync $(touch pwned) --outp${TAB}${CLEAR}echo d''one${ENTER}`)
      await program.until(/^done/m)
      expect((await readdir(program.cwd)).filter((name) => /^(?:pwned|reads-keys)$/.test(name))).toEqual([])
    },
  )
})

it.skipIf(!has('fish'))('fish completes words with their help', { timeout: 120_000 }, async () => {
  const cwd = await folderWith({
    'manifest.yaml': '',
    config: KUBECONFIG,
    script: (await run(['completion', 'fish'])).out,
  })
  await symlink(path.join(BIN, 'acksm.mjs'), path.join(cwd, 'acksm'))
  const env = { PATH: `${cwd}:${process.env['PATH']}`, HOME: cwd, KUBECONFIG: path.join(cwd, 'config') }
  const lines = [
    ['acksm expl', /^explain\tExplain a reason/],
    ['acksm sync --outp', /^--output\t/],
    ['acksm sync --output=js', /^--output=json$/],
    ['acksm sync -f man', /^manifest.yaml$/],
    ['acksm sync --kubeconfig=man', /^--kubeconfig=manifest.yaml$/],
    ['acksm status --context pr', /^prod\tcluster c$/],
    ['acksm sync --region x', /^$/],
  ] as const
  const commands = lines.map(([line]) => `complete -C '${line}'; echo END`).join('; ')
  const { stdout } = await promisify(execFile)('fish', ['--no-config', '-c', `source script; ${commands}`], {
    cwd,
    env,
  })
  const found = stdout.split('END\n').map((text) => text.trimEnd())
  for (const [at, [, expected]] of lines.entries()) expect(found[at]).toMatch(expected)
})

it('kubectl completes the words of its plug-in', { timeout: 120_000 }, async () => {
  const cwd = await folderWith({})
  const node = path.dirname(process.execPath)
  for (const name of ['kubectl-acksm', 'kubectl_complete-acksm']) {
    await symlink(path.join(BIN, 'acksm.mjs'), path.join(cwd, name))
  }
  const env = { PATH: `${cwd}:${node}:${await pathWithKubectl()}`, HOME: cwd }
  const complete = async (...words: string[]): Promise<string> =>
    (await promisify(execFile)('kubectl', ['__complete', 'acksm', ...words], { cwd, env })).stdout
  expect(await complete('expl')).toMatch(/^explain\tExplain a reason.*\n:4\n$/)
  expect(await complete('sync', '--output=js')).toBe('json\n:4\n')
  expect(await complete('sync', '-f', '')).toBe(':0\n')
})

it('has a script for PowerShell', async () => {
  const { code, out } = await run(['completion', 'powershell'])
  expect([code, out]).toEqual([0, expect.stringMatching(/^# PowerShell completion for acksm/)])
  expect(out).toContain('Register-ArgumentCompleter -Native -CommandName acksm')
  expect(out).toContain("{ '__complete_next' } else { '__complete' }")
  // No PowerShell runs it in the tests. At least each quote and bracket is closed, and the text is ASCII, as version 5.1 reads it.
  const script = out.replaceAll(/^\s*#.*$/gm, '')
  expect(out).toMatch(/^[\t\n -~]*$/)
  const words = script.replaceAll(/'[^'\n]*'/g, '')
  expect(words).not.toMatch(/['"`]/)
  const open: string[] = []
  for (const mark of words.match(/[()[\]{}]/g) ?? []) {
    if ('([{'.includes(mark)) open.push(mark)
    else expect(`${open.pop()}${mark}`).toMatch(/^(?:\(\)|\[\]|\{\})$/)
  }
  expect(open).toEqual([])
})
