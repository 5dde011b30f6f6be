import { kindOf } from '../flags/flag-kinds.ts'
import type { Flag, Flags } from '../flags/flag.ts'
import type { AnyCommand } from './command.ts'
import type { Program } from './run-program.ts'
import { completionCall } from './completion-call.ts'

/** One candidate for the word that a user is typing. */
export interface Completion {
  readonly word: string
  readonly help: string
}

/** What completes the word that a user is typing. */
export type Completions =
  | { readonly kind: 'words'; readonly words: readonly Completion[] }
  /** The shell completes names of files. */
  | { readonly kind: 'files' }
  /** The program finds the candidates that start with `typed`. */
  | {
      readonly kind: 'source'
      /** `completes` of the flag or argument. */
      readonly source: string
      /** Before each candidate: `--flag=`, or nothing. */
      readonly prefix: string
      readonly typed: string
      readonly command: AnyCommand
      /** Values of the flags that are already on the command line. */
      readonly given: ReadonlyMap<string, string>
    }

const NOTHING = { kind: 'words', words: [] } as const
const HELP_FLAG = { word: '--help', help: 'Show the help.' }
const VERSION_FLAG = { word: '--version', help: 'Print the version.' }

/** What completes the last of the words after the program name; it may be empty. */
export function completions({ commands }: Pick<Program, 'commands'>, words: readonly string[]): Completions {
  const typed = words.at(-1) ?? ''
  const [first = ''] = words
  const names = [
    ...commands.map(({ name, summary }) => ({ word: name, help: summary })),
    { word: 'help', help: 'Show the help of a command.' },
  ]
  if (words.length <= 1) {
    return startingWith(typed, typed.startsWith('-') ? [HELP_FLAG, VERSION_FLAG] : names)
  }
  if (first === 'help') return words.length === 2 ? startingWith(typed, names.slice(0, -1)) : NOTHING
  const command = commands.find(({ name }) => name === first)
  return command === undefined ? NOTHING : ofCommand(command, words.slice(1))
}

function ofCommand(command: AnyCommand, words: readonly string[]): Completions {
  const { flags, argument, rest } = command
  // The shell knows the programs and files, but not the flags of another program.
  if (rest !== undefined && words.slice(0, -1).includes('--')) return { kind: 'files' }
  const typed = words.at(-1) ?? ''
  const { open, isOptional, given, count } = completionCall(flags, words.slice(0, -1))
  const base = { command, given }
  if (open !== undefined && !(isOptional && typed.startsWith('-')))
    return valuesOf(open, { ...base, prefix: '', typed })
  const assigned = /^(--[^=]+=)(.*)$/s.exec(typed)
  if (assigned !== null) {
    const [, prefix = '', value = ''] = assigned
    const flag = Object.hasOwn(flags, prefix.slice(2, -1)) ? flags[prefix.slice(2, -1)] : undefined
    return flag === undefined ? NOTHING : valuesOf(flag, { ...base, prefix, typed: value })
  }
  if (!typed.startsWith('-') && count === 0 && argument !== undefined) {
    const { choices, completes } = argument
    if (choices !== undefined) return startingWith(typed, plain(choices))
    if (completes !== undefined) return { kind: 'source', source: completes, prefix: '', typed, ...base }
  }
  return startingWith(typed, [...flagWords(flags, given), HELP_FLAG])
}

type ValuePosition = Omit<Extract<Completions, { kind: 'source' }>, 'kind' | 'source'>

function valuesOf(flag: Flag, position: ValuePosition): Completions {
  const { kind, choices, value = '', completes = kind === 'namespace' ? 'namespace' : undefined } = flag
  const { prefix, typed } = position
  const candidates = choices ?? (kindOf(kind).given === 'optional' ? ['true', 'false'] : undefined)
  if (candidates !== undefined) {
    return startingWith(
      `${prefix}${typed}`,
      plain(candidates).map(({ word, help }) => ({ word: `${prefix}${word}`, help })),
    )
  }
  if (completes !== undefined) return { kind: 'source', source: completes, ...position }
  return kind === 'files' || /FILE|DIR/.test(value) ? { kind: 'files' } : NOTHING
}

/** Flags that can still be given. */
function flagWords(flags: Flags, given: ReadonlyMap<string, string>): readonly Completion[] {
  return Object.entries(flags).flatMap(([name, { kind, help, deprecated }]) => {
    const { given: how } = kindOf(kind)
    const mayRepeat = how === 'repeated' || how === 'several' || how === 'commas'
    return deprecated === undefined && (mayRepeat || !given.has(name)) ? [{ word: `--${name}`, help }] : []
  })
}

function plain(words: readonly string[]): readonly Completion[] {
  return words.map((word) => ({ word, help: '' }))
}

function startingWith(typed: string, candidates: readonly Completion[]): Completions {
  return { kind: 'words', words: candidates.filter(({ word }) => word.startsWith(typed)) }
}
