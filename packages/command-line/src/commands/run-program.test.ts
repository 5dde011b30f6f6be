import { expect, it } from 'vitest'
import { UsageError } from '../flags/usage-error.ts'
import type { CommandIo } from './command-io.ts'
import { defineCommand } from './command.ts'
import { readFlags, runSingleProgram } from './read-flags.ts'
import { runProgram } from './run-program.ts'

const loaded: string[] = []
const program = {
  name: 'tool',
  version: '1.2.3',
  description: 'A program.',
  note: 'Exit codes: 0, 2.',
  commands: [
    defineCommand({
      name: 'get',
      summary: 'Print a secret.',
      description: 'Prints one secret.',
      examples: [['tool get app/db --from store', 'a value']],
      argument: { name: 'NAME', help: 'Name of the secret.' },
      flags: {
        from: { kind: 'text', value: 'STORE', required: true, help: 'Where to read.' },
        filename: { kind: 'files', short: 'f', value: 'FILE', help: 'Files.' },
        raw: { kind: 'switch', help: 'Only bytes.' },
        timeout: { kind: 'duration', default: '30s', help: 'Limit.' },
        old: { kind: 'text', deprecated: 'use --from', help: '' },
      },
      load: async () => {
        loaded.push('get')
        return async ({ flags, argument, typed, io }) => {
          io.stdout.write(JSON.stringify([argument, flags, [...typed]]))
          return 7
        }
      },
    }),
    defineCommand({
      name: 'list',
      summary: 'List secrets.',
      description: 'Lists secrets.',
      examples: [],
      argument: { name: 'PATTERN', help: 'Names.', isOptional: true },
      flags: {},
      load:
        async () =>
        async ({ argument, io }) => {
          io.stdout.write(JSON.stringify(argument))
          return 0
        },
    }),
  ],
}

interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(...argv: string[]): Promise<Result> {
  return runWith({}, ...argv)
}

async function runWith(env: CommandIo['env'], ...argv: string[]): Promise<Result> {
  let out = ''
  let err = ''
  const stdout = { write: (text: string | Uint8Array) => (out += String(text)) }
  const stderr = { write: (text: string | Uint8Array) => (err += String(text)) }
  const { signal } = new AbortController()
  const isTTY = { stdout: false, stderr: false }
  const io: CommandIo = { stdout, stderr, env, cwd: '/', isTTY, signal }
  return { code: await runProgram(program, argv, io), out, err }
}

it('lists the commands by their headings, and the help with the last ones', async () => {
  const commands = program.commands.map((command, index) => ({ ...command, group: `Group ${index}` }))
  let out = ''
  const stdout = { write: (text: string | Uint8Array) => (out += String(text)) }
  const { signal } = new AbortController()
  const isTTY = { stdout: false, stderr: false }
  await runProgram({ ...program, commands }, [], { stdout, stderr: stdout, env: {}, cwd: '/', isTTY, signal })
  expect(out).toMatch(
    /\n\nGroup 0:\n {2}get +Print a secret\.\n\nGroup 1:\n {2}list +List secrets\.\n {2}help .*\n\nExit codes/,
  )
})

it('loads a command when it runs, with its argument and typed flags', async () => {
  const { code, out } = await run('get', 'app/db', '--from', 'kms', '-f', 'a', 'b', '--raw')
  const flags = { from: 'kms', filename: ['a', 'b'], raw: true, timeout: 30_000 }
  expect([code, JSON.parse(out)]).toEqual([7, ['app/db', flags, ['from', 'filename', 'raw']]])
  expect(loaded.splice(0)).toEqual(['get'])
})

it.each([
  ['a variable', { ACKSM_TIMEOUT: '5s', ACKSM_FROM: 'env' }, [], { from: 'env', timeout: 5_000 }, []],
  [
    'the command line first',
    { ACKSM_TIMEOUT: '5s', ACKSM_FROM: 'env' },
    ['--from', 'kms'],
    { from: 'kms', timeout: 5_000 },
    ['from'],
  ],
  ['an empty variable as not set', { ACKSM_TIMEOUT: '', ACKSM_RAW: '' }, ['--from', 'kms'], { from: 'kms' }, ['from']],
  [
    'a list, one value a line',
    { ACKSM_FROM: 'kms', ACKSM_FILENAME: 'a,b\nc' },
    [],
    { from: 'kms', filename: ['a,b', 'c'] },
    [],
  ],
  ['a switch', { ACKSM_FROM: 'kms', ACKSM_RAW: 'true' }, [], { from: 'kms', raw: true }, []],
])('takes %s', async (_rule, env, argv, flags, typed) => {
  const { out } = await runWith(env, 'get', 'app/db', ...argv)
  const defaults = { filename: [], raw: false, timeout: 30_000 }
  expect(JSON.parse(out)).toEqual(['app/db', { ...defaults, ...flags }, typed])
  loaded.splice(0)
})

it.each([
  [{ ACKSM_FROM: 'kms', ACKSM_TIMEOUT: 'soon' }, 'ACKSM_TIMEOUT soon: expected a duration of at least 1s'],
  [{ ACKSM_FROM: 'kms', ACKSM_RAW: 'maybe' }, 'ACKSM_RAW maybe: expected true or false'],
  [{ ACKSM_FROM: '' }, '--from STORE is required'],
])('names the variable that is wrong: %j', async (env, message) => {
  await expect(runWith(env, 'get', 'a')).rejects.toThrow(message)
  expect(loaded).toEqual([])
})

it('runs without an optional argument', async () => {
  expect([await run('list'), await run('list', 'a/*')]).toMatchObject([{ out: '""' }, { out: '"a/*"' }])
  expect((await run('list', '--help')).out).toMatch(/^Usage: tool list \[PATTERN\] \[flags\]\n/)
  await expect(run('list', 'a', 'b')).rejects.toThrow(/^too many arguments/)
})

it('warns on stderr of a deprecated flag, and runs the command', async () => {
  const { code, out, err } = await run('get', 'app/db', '--from', 'kms', '--old', 'x')
  const flags = { from: 'kms', filename: [], raw: false, timeout: 30_000 }
  expect([code, JSON.parse(out), err]).toEqual([
    7,
    ['app/db', flags, ['from', 'old']],
    'tool: --old has no effect: use --from\n',
  ])
  expect(loaded.splice(0)).toEqual(['get'])
})

it('shows the commands in its help', async () => {
  const { code, out } = await run('--help')
  expect(code).toBe(0)
  expect(out).toMatch(/^Usage: tool COMMAND \[flags\]\n[\s\S]* get +Print a secret\.[\s\S]*\nExit codes: 0, 2\.\n$/)
  expect(await run()).toEqual({ code, out, err: '' })
  expect(await run('--version')).toEqual({ code: 0, out: '1.2.3\n', err: '' })
})

it('shows what a command requires, its defaults and its examples, without loading it', async () => {
  const { out } = await run('help', 'get')
  expect(out).toMatch(/^Usage: tool get NAME --from STORE \[flags\]\n/)
  expect(out).toMatch(/\n +--timeout <duration> +Limit\. \(default: 30s\)\n/)
  expect(out).toMatch(/\nExamples:\n {2}# a value\n {2}tool get app\/db --from store\n\nVariables: .*ACKSM_/)
  expect(out).not.toContain('--old')
  expect(loaded).toEqual([])
})

it.each([
  [['gte'], "unknown command 'gte' (Did you mean get?)"],
  [['help', 'gte'], "unknown command 'gte' (Did you mean get?)"],
  [['get', 'a', '--form', 'x'], "unknown option '--form' (Did you mean --from?)"],
  [['get', 'a', '--from', 'kms', '--timeout', 'soon'], '--timeout soon: expected a duration of at least 1s'],
  [['get', 'a'], '--from STORE is required'],
])('refuses %j before it loads the command', async (argv, message) => {
  await expect(run(...argv)).rejects.toThrow(UsageError)
  await expect(run(...argv)).rejects.toThrow(message)
  expect(loaded).toEqual([])
})

const single = {
  name: 'server',
  description: 'A server.',
  examples: [],
  flags: {
    old: { kind: 'text', deprecated: 'use --namespaces', help: '' },
    'leader-elect': { kind: 'boolean', default: 'true', help: 'Elect.' },
    namespaces: { kind: 'namespaces', help: 'Namespaces.' },
  },
} as const

it.each([
  [['-leader-elect=false'], { 'leader-elect': false, namespaces: [] }],
  [['--leader-elect'], { 'leader-elect': true, namespaces: [] }],
  [['--namespaces', 'a,b', '-namespaces=c'], { 'leader-elect': true, namespaces: ['a', 'b', 'c'] }],
])('reads the flags %j as Go does', (argv, expected) => {
  expect(readFlags(single, argv, { stdout: process.stdout })).toEqual({ argument: '', values: expected, warnings: [] })
})

it('reports wrong usage of a program without commands in one line', async () => {
  let err = ''
  const io = { stdout: process.stdout, stderr: { write: (text: string | Uint8Array) => (err += String(text)) } }
  expect(await runSingleProgram(single, ['--leader-elcet'], io, async () => 0)).toBe(2)
  expect(err).toBe("server: unknown option '--leader-elcet' (Did you mean --leader-elect?); see --help\n")
  expect(await runSingleProgram(single, [], io, async () => 3)).toBe(3)
})

it('warns of a deprecated flag of a program without commands', async () => {
  let err = ''
  const io = { stdout: process.stdout, stderr: { write: (text: string | Uint8Array) => (err += String(text)) } }
  expect(await runSingleProgram(single, ['--old=x'], io, async () => 3)).toBe(3)
  expect(err).toBe('server: --old has no effect: use --namespaces\n')
})

it.each([
  ['', {}, 'false'],
  ['--no-open', {}, 'true'],
  ['', { ACKSM_NO_OPEN: 'true' }, 'true'],
])('reads a switch that begins with no, from "%s" and %j', async (argv, env, shown) => {
  const show = defineCommand({
    name: 'show',
    summary: 'Show.',
    description: 'Shows.',
    examples: [],
    flags: { 'no-open': { kind: 'switch', help: 'Open nothing.' } },
    load:
      async () =>
      async ({ flags, io }) => {
        io.stdout.write(String(flags['no-open']))
        return 0
      },
  })
  let out = ''
  const io: CommandIo = {
    stdout: { write: (text) => (out += String(text)) },
    stderr: { write: () => true },
    env,
    cwd: '/',
    isTTY: { stdout: false, stderr: false },
    signal: new AbortController().signal,
  }
  await runProgram({ ...program, commands: [show] }, ['show', ...(argv === '' ? [] : [argv])], io)
  expect(out).toBe(shown)
})
