import { expect, it } from 'vitest'
import type { CommandIo } from './command-io.ts'
import { defineCommand } from './command.ts'
import { runProgram } from './run-program.ts'

const flags = { raw: { kind: 'switch', short: 'r', help: 'Only bytes.' } } as const
const shared = { summary: 'Tag.', description: 'Tags.', examples: [], flags } as const
const argument = { name: 'NAME', help: 'Its name.' }
const program = {
  name: 'tool',
  version: '1.2.3',
  description: 'A program.',
  note: 'Exit codes: 0, 2.',
  commands: [
    defineCommand({
      ...shared,
      name: 'tag',
      argument,
      more: { name: 'TAG', help: 'Its tags.' },
      load: async () => async (call) => {
        call.io.stdout.write(JSON.stringify([call.argument, call.more, call.flags.raw]))
        return 0
      },
    }),
    defineCommand({
      ...shared,
      name: 'promote',
      argument,
      more: { name: 'ID', help: 'Its version.', isSingle: true },
      load: async () => async (call) => {
        call.io.stdout.write(JSON.stringify([call.argument, call.more]))
        return 0
      },
    }),
    defineCommand({ ...shared, name: 'list', excessHint: 'use --raw', load: async () => async () => 0 }),
    defineCommand({
      ...shared,
      name: 'get',
      argument,
      load:
        async () =>
        async ({ io, more }) => {
          io.stdout.write(JSON.stringify(more))
          return 0
        },
    }),
  ],
}

async function run(...argv: string[]): Promise<string> {
  let out = ''
  const stream = { write: (text: string | Uint8Array) => (out += String(text)) }
  const { signal } = new AbortController()
  const isTTY = { stdout: false, stderr: false }
  const io: CommandIo = { stdout: stream, stderr: stream, env: {}, cwd: '/', isTTY, signal }
  await runProgram(program, argv, io)
  return out
}

it.each([
  [
    ['tag', 'a'],
    ['a', [], false],
  ],
  [
    ['tag', 'a', 'b=c', '', 'd-'],
    ['a', ['b=c', '', 'd-'], false],
  ],
  [
    ['tag', '-r', 'a', 'b=c', '--', '-d'],
    ['a', ['b=c', '-d'], true],
  ],
  [['get', 'a'], []],
  [
    ['promote', 'a'],
    ['a', []],
  ],
  [
    ['promote', 'a', 'v1'],
    ['a', ['v1']],
  ],
])('a command with `more` takes the arguments after the first: %j', async (argv, expected) => {
  expect(JSON.parse(await run(...argv))).toEqual(expected)
})

it.each([
  [['tag'], /NAME/],
  [['tag', 'a', '-x'], "unknown option '-x'"],
  [['get', 'a', 'b'], 'too many arguments'],
  [['get', ''], 'NAME is empty'],
  [['get', 'a', '--version'], "unknown option '--version'"],
  [['-r', 'get', 'a'], "unknown option '-r'; flags come after the command"],
  [['list', 'a'], "too many arguments for 'list'. Expected 0 arguments but got 1: use --raw"],
  [['promote', 'a', 'b', 'c'], 'too many arguments'],
])('refuses %j', async (argv, message) => {
  await expect(run(...argv)).rejects.toThrow(message)
})

it('shows them in the help', async () => {
  expect(await run('tag', '--help')).toMatch(
    /^Usage: tool tag NAME \[TAG\.\.\.\] \[flags\]\n[^]*\n {2}TAG +Its tags\.\n/,
  )
  expect(await run('promote', '--help')).toMatch(/^Usage: tool promote NAME \[ID\] \[flags\]\n/)
})
