import { expect, it } from 'vitest'
import { UsageError } from '../flags/usage-error.ts'
import type { CommandIo } from './command-io.ts'
import { defineCommand } from './command.ts'
import { runProgram } from './run-program.ts'

const flags = {
  filename: { kind: 'files', short: 'f', value: 'FILE', help: 'Files.' },
  raw: { kind: 'switch', help: 'Only bytes.' },
} as const
const shared = { summary: 'Run.', description: 'Runs.', examples: [], flags } as const
const program = {
  name: 'tool',
  version: '1.2.3',
  description: 'A program.',
  note: 'Exit codes: 0, 2.',
  commands: [
    defineCommand({
      ...shared,
      name: 'exec',
      rest: {
        name: 'COMMAND',
        help: 'The program to run, and its arguments.',
        misplaced: (word) => (word.startsWith('+') ? 'use --raw for +' : undefined),
      },
      load:
        async () =>
        async ({ flags: given, rest, io }) => {
          io.stdout.write(JSON.stringify([given.filename, given.raw, rest]))
          return 7
        },
    }),
    defineCommand({ ...shared, name: 'get', load: async () => async () => 0 }),
  ],
}

async function run(...argv: string[]): Promise<{ code: number; out: string }> {
  let out = ''
  const stream = { write: (text: string | Uint8Array) => (out += String(text)) }
  const { signal } = new AbortController()
  const isTTY = { stdout: false, stderr: false }
  const io: CommandIo = { stdout: stream, stderr: stream, env: {}, cwd: '/', isTTY, signal }
  return { code: await runProgram(program, argv, io), out }
}

it.each([
  [['node', '--help', '-f', 'x', '--version', '--raw']],
  [['sh', '-c', 'echo "$1" -- $2', '--', '', ' a  b ', 'ünï\n\t', '--', '-']],
  [['--raw']],
])('passes on what is after the first --, unchanged: %j', async (rest) => {
  const { code, out } = await run('exec', '-f', 'a', 'b', '--', ...rest)
  expect([code, JSON.parse(out)]).toEqual([7, [['a', 'b'], false, rest]])
})

it.each([
  [['exec'], 'exec needs -- before COMMAND'],
  [['exec', '-f', 'a', 'node', 'x.js'], 'exec needs -- before COMMAND'],
  [['exec', 'node', '--raw'], 'exec needs -- before COMMAND'],
  [
    ['exec', 'node', '--', 'x.js'],
    'too many arguments before --: COMMAND and its arguments come after it, and only flags before it',
  ],
  [['exec', '+r', '--', 'x.js'], 'use --raw for +'],
  [['exec', 'node', '+r'], 'use --raw for +'],
  [['exec', 'node', '-v'], "unknown option '-v'; COMMAND and its arguments come after --"],
  [['exec', '--'], 'expected COMMAND after --'],
  [['exec', '--', ''], 'expected COMMAND after --'],
  [['exec', '--', 'cat', 'a\uFFFDb'], 'argument 2 after -- is not UTF-8, so it cannot be passed on unchanged'],
  [['exec', '--rwa', '--', 'node'], "unknown option '--rwa' (Did you mean --raw?)"],
  [['get', '--', 'x'], 'too many arguments'],
])('refuses %j', async (argv, message) => {
  await expect(run(...argv)).rejects.toThrow(UsageError)
  await expect(run(...argv)).rejects.toThrow(message)
})

it('shows the rest in the help', async () => {
  const { out } = await run('exec', '--help')
  expect(out).toMatch(/^Usage: tool exec \[flags\] -- COMMAND\n/)
  expect(out).toMatch(/\nAfter --:\n {2}COMMAND: The program to run, and its arguments\.\n/)
  expect((await run('get', '--help')).out).not.toContain('After --')
})
