import { expect, it } from 'vitest'
import type { Flags } from '../flags/flag.ts'
import { commandLineRefusal } from './command-line-refusal.ts'

const SECRET = 'KfZ9mQ2vB7nR4tYcW8xLp3sHdJ6gAe'
const option = (typed: string, hint = ''): [string, string] => [
  'commander.unknownOption',
  `error: unknown option '${typed}'${hint}`,
]
const command = (typed: string, hint = ''): [string, string] => [
  'commander.unknownCommand',
  `error: unknown command '${typed}'${hint}`,
]

it.each<[string, [code: string, message: string], string]>([
  ['an option', option('--wach', '\n(Did you mean --watch?)'), "unknown option '--wach' (Did you mean --watch?)"],
  ['an option with a value', option(`--pw=${SECRET}`), "unknown option '--pw'"],
  ['an option with a value glued to it', option(`--ak-secret${SECRET}`), "unknown option '--ak-secret…'"],
  ['an option with something else between', option(`--ak-secret:${SECRET}`), "unknown option '--ak-secret…'"],
  ['an option with a quote', option(`--we'ird=${SECRET}`), "unknown option '--we…'"],
  ['a letter with a value', option(`-p${SECRET}`), "unknown option '-p…'"],
  ['a letter with a word', option('-phunter'), "unknown option '-p…'"],
  ['no option at all', option(`-${'9'.repeat(20)}`), "unknown option '…'"],
  ['a typed hint', option(`--x\n(Did you mean ${SECRET}?)`), "unknown option '--x…'"],
  ['a command', command('synk', '\n(Did you mean sync?)'), "unknown command 'synk' (Did you mean sync?)"],
  ['a secret as a command', command('hunter2'), "unknown command '…'"],
  [
    'too many arguments',
    ['commander.excessArguments', `error: too many arguments. Expected 0 arguments but got 1: ${SECRET}.`],
    'too many arguments. Expected 0 arguments but got 1',
  ],
  [
    'a flag without its value',
    ['commander.optionMissingArgument', "error: option '-w, --watch <restart|signal=NAME>' argument missing"],
    '--watch needs a value: restart|signal=NAME',
  ],
  [
    'a missing argument',
    ['commander.missingArgument', "error: missing required argument 'NAME'"],
    "missing required argument 'NAME'",
  ],
  [
    'a value that --help does not take',
    ['commander.unknownOption', "error: unknown option '--help=1'\n(Did you mean --help?)"],
    "option '--help' takes no value",
  ],
  ['an unknown error', ['commander.other', `error: ${SECRET}`], 'not understood'],
])('repeats only text that cannot be a secret: %s', (_what, [code, message], expected) => {
  expect(commandLineRefusal({ code, message })).toBe(expected)
})

it.each([
  ['a switch', '--raw=true', "option '--raw' takes no value"],
  ['a flag with a value', '--name=true', "unknown option '--name'"],
  ['no flag of the command', '--constructor=true', "unknown option '--constructor'"],
])('says that a switch takes no value: %s', (_what, typed, expected) => {
  const [code, message] = option(typed)
  const flags: Flags = { raw: { kind: 'switch', help: 'Bytes.' }, name: { kind: 'text', help: 'Name.' } }
  expect(commandLineRefusal({ code, message }, flags)).toBe(expected)
})
